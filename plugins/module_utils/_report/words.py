# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report calls things, and what the effects of a match mean to the person who has to decide."""

from __future__ import annotations

from .._identity.core import accepted_effects, outcomes
from .._identity.core.attribute_map import ROWS

OUTCOMES = tuple(key for key in outcomes.TABLE if key in (*outcomes.OUTCOMES, outcomes.CLOUD_ONLY))
"""What a report counts and explains even if nobody has it, in the order in which a person should look at it."""

EFFECTS = {
    "disabled": ("Disabled", "The AD account is disabled, so the cloud account would be too."),
    "password": ("Password replaced", "With password hash sync, the AD password would replace the cloud password."),
    "password_unknown": (
        "Password at risk",
        "It is unknown whether password hash sync is on. If it is, the AD password would replace the cloud password.",
    ),
    "at_risk": (
        "At risk",
        "AD has no value. Microsoft's pages contradict each other on whether the cloud value is removed. It can no "
        "longer be edited in the cloud.",
    ),
    "overwritten": ("Overwritten", "The AD value replaces the cloud value."),
}
"""What a match would do to a cloud value: name and meaning by key, the gravest first (facts §2, §13; Microsoft Entra
Connect with an existing tenant)."""


MATCH_EFFECTS = {
    accepted_effects.DIFFERENT_PERSON: "The names or employee ids differ. Find out whether they are the same person.",
    accepted_effects.PRIVILEGED_AD_ACCOUNT: "The AD account has administrative rights in the domain, and a "
    "person who controls it would also control the cloud user.",
    accepted_effects.FOREIGN_ANCHOR: "mS-DS-ConsistencyGuid is neither the GUID of the account nor the ImmutableId "
    "of the cloud user.",
    accepted_effects.ACCOUNT_DISABLED: "The AD account is disabled, so the user could no longer sign in after the next "
    "sync.",
    accepted_effects.GUEST: "The cloud user is a guest of the tenant.",
    accepted_effects.SIGN_IN_NAME_CHANGED: "The next sync changes the name with which the user signs in.",
    accepted_effects.PRIMARY_ADDRESS_CHANGED: "The next sync changes the address from which the user sends mail.",
    accepted_effects.ADDRESSES_REMOVED: "AD lacks mail addresses that the cloud user has. Mail to these addresses "
    "might no longer arrive.",
    accepted_effects.PASSWORD_REPLACED: "Password hash sync is on, so the user signs in with the password of the AD "
    "account after the next sync.",
    accepted_effects.ATTRIBUTES_OVERWRITTEN: "The next sync replaces other values, such as the phone number.",
}
"""The meaning of each effect of a match, the gravest first."""

QUIET_EFFECTS = (accepted_effects.PASSWORD_REPLACED, accepted_effects.ATTRIBUTES_OVERWRITTEN)
"""Effects that refuse nobody and that most matches have. A row does not show them, its details do."""

MARKS = {
    "guest": ("Guest", "The cloud user is a guest of the tenant."),
    "unlicensed": ("No licence", "No licence is assigned to the cloud user."),
    "shared_mailbox": ("Shared mailbox", "Active Directory says that this is a shared mailbox, not a person."),
    "room_mailbox": ("Room mailbox", "Active Directory says that this is the mailbox of a room, not a person."),
    "equipment_mailbox": (
        "Equipment mailbox",
        "Active Directory says that this is the mailbox of a piece of equipment, not a person.",
    ),
    "local_mailbox": (
        "Mailbox on premises",
        "Active Directory says that the user has a mailbox on an Exchange server on premises. If the cloud user has a "
        "mailbox too, decide before the next sync which one stays.",
    ),
}
"""What a user is marked as, so that somebody looks whether a match makes sense: name and meaning by key."""

_ATTRIBUTES = {
    "password": "Password",
    "enabled": "Account enabled",
    "proxy_addresses": "Email addresses",
    "mail": "Email address",
    "mail_nickname": "Email alias",
    "office_location": "Office",
    "employee_id": "Employee ID",
    **{f"extension_attribute_{number}": f"Extension attribute {number}" for number in range(1, 16)},
}
"""Words for attributes of users whose key does not make good ones."""

_IN_AD = {row.record: row.ad for row in ROWS}

_WRITTEN = {"onPremisesImmutableId": "ImmutableId", "recycleBin": "Recycle bin"}

_SHORT = {"ad": "AD", "smtp": "SMTP", "upn": "UPN"}


def attribute_label(key: str) -> str:
    """What to call an attribute of a user, with its name in Active Directory: ``Job title (title)``."""
    label = _ATTRIBUTES.get(key) or words(key)
    return f"{label} ({_IN_AD[key]})" if key in _IN_AD else label


def effect_label(key: str) -> str:
    """What to call an effect."""
    return EFFECTS[key][0] if key in EFFECTS else words(key)


def match_effect_label(key: str) -> str:
    """What to call an effect of a match."""
    text = accepted_effects.WORDS.get(key)
    return text[:1].upper() + text[1:] if text else words(key)


def mark_label(key: str) -> str:
    """What to call a mark."""
    return MARKS[key][0] if key in MARKS else words(key)


def written_label(attribute: str) -> str:
    """What to call an attribute that is written."""
    return _WRITTEN.get(attribute, attribute)


def words(key: str) -> str:
    """A stable identifier as words: ``privileged_role`` is "Privileged role"."""
    text = " ".join(_SHORT.get(word, word) for word in key.split("_") if word)
    return text[:1].upper() + text[1:]
