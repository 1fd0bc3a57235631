# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report calls the outcomes of a prediction, and what they mean to the person who has to decide."""

from __future__ import annotations

from dataclasses import dataclass

CLOUD_ONLY = "cloud_only"
"""The outcome under which a report lists cloud users that no AD user claims."""

JOINS, CREATES, STOPS, UNKNOWN, OUTSIDE = "joins", "creates", "stops", "unknown", "outside"


@dataclass(frozen=True)
class Outcome:
    """An outcome by its stable key, with its name, its group and what it means, in a sentence."""

    key: str
    label: str
    group: str
    meaning: str


_OUTCOMES = (
    Outcome(
        "conflict", "Conflict", STOPS, "ImmutableIds disagree; a sync would make a second user, or take one of two."
    ),
    Outcome("type_mismatch", "Type mismatch", STOPS, "A contact or a group has the primary address; a sync fails."),
    Outcome(
        "blocked",
        "Blocked",
        STOPS,
        "A rule of Entra ID, a role or a choice of the tenant stands against it; the cause says which.",
    ),
    Outcome(
        "quarantine",
        "Quarantine",
        STOPS,
        "Another object has the UPN or an address; a sync sets it aside without an error.",
    ),
    Outcome("invalid", "Invalid", STOPS, "Entra ID does not take the UPN or an address as Active Directory has it."),
    Outcome("unknown", "Unknown", UNKNOWN, "It hangs on something that the app may not read, so nothing is promised."),
    Outcome("new_cloud_user", "New cloud user", CREATES, "No cloud user fits, so a sync would make a new one."),
    Outcome(
        "soft_match", "Soft match", JOINS, "Joined by an equal address; a sync then sets the ImmutableId by itself."
    ),
    Outcome("hard_match", "Hard match", JOINS, "Joined by the ImmutableId."),
    Outcome("matched", "Matched", JOINS, "Synchronised already."),
    Outcome(CLOUD_ONLY, "Only in the cloud", OUTSIDE, "No AD user claims this cloud user; a sync leaves it alone."),
)
OUTCOMES = {outcome.key: outcome for outcome in _OUTCOMES}
"""All outcomes, in the order in which a person should look at them: what stops a sync comes first."""

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


_SHORT = {"ad": "AD", "smtp": "SMTP", "upn": "UPN"}


def outcome(key: str) -> Outcome:
    """The outcome of that key; one that a later version adds is shown by its key and counts as unknown."""
    return OUTCOMES.get(key) or Outcome(key, words(key), UNKNOWN, "This report does not know the outcome.")


def effect_label(key: str) -> str:
    """What to call an effect."""
    return EFFECTS[key][0] if key in EFFECTS else words(key)


def words(key: str) -> str:
    """A stable identifier as words: ``privileged_role`` is "Privileged role"."""
    text = " ".join(_SHORT.get(word, word) for word in key.split("_") if word)
    return text[:1].upper() + text[1:]
