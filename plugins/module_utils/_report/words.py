# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report calls things, and what the effects of a match mean to the person who has to decide."""

from __future__ import annotations

from .._identity.core import outcomes

OUTCOMES = tuple(key for key in outcomes.TABLE if key in (*outcomes.OUTCOMES, outcomes.CLOUD_ONLY))
"""What a report counts and explains even if nobody has it, in the order in which a person should look at it."""

EFFECTS = {
    "disabled": ("Disabled", "The AD account is disabled, so the cloud account would be too."),
    "password": ("Password replaced", "Password hash sync would replace the cloud password by that of the AD account."),
    "password_unknown": (
        "Password at risk",
        "Whether password hash sync is on could not be read; if it is, it would replace the cloud password by that of "
        "the AD account.",
    ),
    "at_risk": (
        "At risk",
        "AD has no value. Microsoft's pages contradict each other on whether the cloud value goes; it can no longer be "
        "edited in the cloud.",
    ),
    "overwritten": ("Overwritten", "The value of AD replaces the one in the cloud."),
}
"""What a match would do to a cloud value: name and meaning by key, the gravest first (facts §2, §13; Microsoft Entra
Connect with an existing tenant)."""


_WRITTEN = {"onPremisesImmutableId": "ImmutableId", "recycleBin": "Recycle bin"}

_SHORT = {"ad": "AD", "smtp": "SMTP", "upn": "UPN"}


def effect_label(key: str) -> str:
    """What to call an effect."""
    return EFFECTS[key][0] if key in EFFECTS else words(key)


def written_label(attribute: str) -> str:
    """What to call an attribute that is written."""
    return _WRITTEN.get(attribute, attribute)


def words(key: str) -> str:
    """A stable identifier as words: ``privileged_role`` is "Privileged role"."""
    text = " ".join(_SHORT.get(word, word) for word in key.split("_") if word)
    return text[:1].upper() + text[1:]
