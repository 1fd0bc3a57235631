# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an AD object is: a person's account, a system account that is never synchronised, or not a user account.

The system accounts are those of Entra Connect's own default rules (Microsoft, "Understanding the default
configuration", concept-azure-ad-connect-sync-default-configuration of 2024-12-05, "User out-of-box rules").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .faults import whole_number

KIND_ATTRIBUTES = (
    "objectClass",
    "isCriticalSystemObject",
    "sAMAccountType",
    "mailNickname",
    "msExchRecipientTypeDetails",
    "msExchMailboxGuid",
)
"""The attributes that the functions below read, besides those of a record. A directory may lack all but the first."""

EXPORT_ATTRIBUTE = "adminDescription"
"""The attribute that only ``is_never_exported`` reads besides."""

USER = "user"
"""The word of ``kind_word`` for a user account."""

NORMAL_USER_ACCOUNT = 805306368
"""sAMAccountType SAM_NORMAL_USER_ACCOUNT (MS-SAMR 2.2.1.9): not a computer, a managed service account or a trust."""

SYSTEM_NAME_PREFIXES = ("AAD_", "MSOL_", "krbtgt_")
"""Beginnings of sAMAccountName. Names with krbtgt_ belong to the key accounts of read-only domain controllers."""
SYSTEM_NAMES = ("krbtgt", "SUPPORT_388945a0")

SHARED_MAILBOX, ROOM_MAILBOX, EQUIPMENT_MAILBOX = "shared_mailbox", "room_mailbox", "equipment_mailbox"
_MAILBOXES = {
    **dict.fromkeys((4, 34359738368), SHARED_MAILBOX),
    **dict.fromkeys((16, 8589934592), ROOM_MAILBOX),
    **dict.fromkeys((32, 17179869184), EQUIPMENT_MAILBOX),
}
"""Values of msExchRecipientTypeDetails on premises, and of mailboxes in Exchange Online (facts §22)."""

_LOCAL = (1, 2, 4, 8, 16, 32)
"""Values of msExchRecipientTypeDetails of mailboxes on premises: user, linked, shared, legacy, room, equipment."""
_REMOTE = (2147483648, 8589934592, 17179869184, 34359738368)
"""Those of remote mailboxes, which are in Exchange Online: user, room, equipment, shared (facts §22)."""

_LINKED_MAILBOX = 2
# Mailbox types that would not work in Exchange Online: the mask &H21C07000 in the rules.
_SYSTEM_MAILBOXES = 0x21C07000
# Only the first part of the name counts: the object itself is in conflict, not a container above it.
_CONFLICT = re.compile(r"(?:\\.|[^,\\])*?\\0ACNF:", re.IGNORECASE)

_CLASSES = {
    "computer": "a computer",
    "msds-groupmanagedserviceaccount": "a group managed service account",
    "msds-managedserviceaccount": "a managed service account",
    "contact": "a contact",
    "group": "a group",
    "organizationalunit": "an organizational unit",
    "foreignsecurityprincipal": "a foreign security principal",
}

Attributes = Mapping[str, Sequence[bytes]]


def not_a_user(attributes: Attributes) -> str | None:
    """Return what the object is if it is not a user account, such as ``a contact``; None for a user account.

    ``attributes`` maps lower-case names to raw values.
    """
    classes = [value.decode("ascii", "replace").lower() for value in attributes.get("objectclass", ())]
    for name in reversed(classes):
        if name in _CLASSES:
            return _CLASSES[name]
    if "user" not in classes:
        return f"an object of class {classes[-1] if classes else 'unknown'}"
    kind = _text(attributes, "samaccounttype")
    if kind and kind != str(NORMAL_USER_ACCOUNT):
        return "a trust account"
    return None


def kind_word(attributes: Attributes) -> str:
    """Return what the object is without an article: USER, or what ``not_a_user`` returns, such as ``contact``."""
    return (not_a_user(attributes) or USER).removeprefix("a ").removeprefix("an ")


def system_account(distinguished_name: str, attributes: Attributes) -> str | None:
    """Return in a few words why Entra Connect's default rules never synchronise a user account; None if they do."""
    name = _text(attributes, "samaccountname")
    nickname = _text(attributes, "mailnickname") or ""
    if attributes.get("iscriticalsystemobject"):
        return "it is a critical system object"
    if not name:
        return "it has no sAMAccountName"
    if _CONFLICT.match(distinguished_name):
        return "it is a replication conflict object"
    lower = name.lower()
    if lower in map(str.lower, SYSTEM_NAMES) or lower.startswith(tuple(map(str.lower, SYSTEM_NAME_PREFIXES))):
        return f"{name} is a service account of the directory or of its synchronisation"
    if _exchange_name(name) or _exchange_name(nickname) or nickname.lower().startswith("systemmailbox{"):
        return "it is a system mailbox of Exchange"
    recipient = whole_number(_text(attributes, "msexchrecipienttypedetails"), 2**63)
    if recipient and recipient & _SYSTEM_MAILBOXES:
        return "it is a system mailbox of Exchange"
    return None


def is_never_exported(distinguished_name: str, attributes: Attributes) -> bool:
    """Return whether it is certain that Entra Connect's default rules do not export a user account (facts §19).

    ``system_account`` takes more names, so that no account of the system is changed: the rules have them in capitals,
    and nobody documents whether they compare the case.
    """
    name, nickname = _text(attributes, "samaccountname") or "", _text(attributes, "mailnickname") or ""
    recipient = whole_number(_text(attributes, "msexchrecipienttypedetails"), 2**63) or 0
    classes = [value.lower() for value in attributes.get("objectclass", ())]
    marked = (_text(attributes, EXPORT_ATTRIBUTE.lower()) or "").startswith("User_")
    return (
        not name
        or bool(attributes.get("iscriticalsystemobject"))
        or bool(_CONFLICT.match(distinguished_name))
        or name == "SUPPORT_388945a0"
        or name.startswith(("AAD_", "MSOL_"))
        or nickname.startswith("SystemMailbox{")
        or any(each.startswith("CAS_") and "}" in each for each in (name, nickname))
        or bool(recipient & _SYSTEM_MAILBOXES)
        or recipient == _LINKED_MAILBOX
        or (marked and b"inetorgperson" not in classes)
    )


def mailbox_kind(attributes: Attributes) -> str | None:
    """Return what a mailbox is for if it is no person's; None for a person's, or if the directory does not say."""
    return _MAILBOXES.get(whole_number(_text(attributes, "msexchrecipienttypedetails"), 2**63) or 0)


def has_local_mailbox(attributes: Attributes) -> bool:
    """Return whether AD says that the user has a mailbox on premises.

    The recipient type decides. If it says nothing of a mailbox, msExchMailboxGuid does, which a mailbox that was moved
    to Exchange Online keeps.
    """
    recipient = whole_number(_text(attributes, "msexchrecipienttypedetails"), 2**63)
    return recipient in _LOCAL or (recipient not in _REMOTE and bool(attributes.get("msexchmailboxguid")))


def _exchange_name(name: str) -> bool:
    return name.lower().startswith("cas_") and "}" in name


def _text(attributes: Attributes, name: str) -> str | None:
    values = attributes.get(name, ())
    return values[0].decode("utf-8", "replace") if values else None
