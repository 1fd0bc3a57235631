# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report tells each person: names, addresses and the password before and after the next sync."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from .._identity.core.identities.addresses import lost_addresses
from .._identity.core.outcomes import HARD_MATCH, SOFT_MATCH
from .._identity.core.run_files.user_records import AccountRecord, MatchRecord, PersonRecord, UserRecord

AD_PASSWORD, UNKNOWN_PASSWORD, SAME_PASSWORD = "active_directory", "unknown", "unchanged"
"""Where the password comes from after a match. Unknown: nobody could read whether password hash sync is on."""

_UNKNOWN = "unknown"

PASSWORDS = {
    AD_PASSWORD: "The password of the AD account",
    SAME_PASSWORD: "Unchanged",
    UNKNOWN_PASSWORD: "Unknown",
}
"""The same in words."""

_JOINS = (HARD_MATCH, SOFT_MATCH)
_BY_EFFECT = {"password": AD_PASSWORD, "password_unknown": UNKNOWN_PASSWORD}
_NOTHING: Any = {}


@dataclass(frozen=True, slots=True)
class Person:
    """One person, for a letter; texts as the directories have them, empty if there is none.

    ``address`` is where the person gets mail now. ``lost`` are addresses that a match would take away. ``password`` is
    one of the words above, empty if nobody is joined. ``marks`` are keys of ``words.MARKS``.
    ``account`` says where the AD account is, when it was made and when its UPN last changed, of those who seem to be
    two people; empty texts for the others.
    """

    name: str
    address: str
    sign_in_before: str
    sign_in_after: str
    lost: tuple[str, ...]
    password: str
    marks: tuple[str, ...]
    account: tuple[str, str, str]


def read_person(user: UserRecord, name: str) -> Person:
    """Return the person of a record. ``name`` stands for a display name that the record lacks."""
    ad, cloud = user["ad"] or _NOTHING, user["cloud"] or _NOTHING
    match = cast(MatchRecord, user["match"] or _NOTHING)
    person: PersonRecord = user.get("person") or _NOTHING
    joins = match.get("sync_action") in _JOINS
    before = cloud.get("user_principal_name")
    return Person(
        name=person.get("display_name") or name,
        address=cloud.get("mail") or ad.get("mail") or "",
        sign_in_before=before or "",
        sign_in_after=match.get("future_user_principal_name") or before or "",
        lost=tuple(
            lost_addresses(ad.get("proxy_addresses") or (), ad.get("mail"), before, cloud.get("proxy_addresses") or ())
        )
        if joins
        else (),
        password=_password(match) if joins else "",
        marks=tuple(person.get("marks") or ()),
        account=_account(person.get("account")),
    )


def _account(record: AccountRecord | None) -> tuple[str, str, str]:
    if record is None:
        return "", "", ""
    created, changed = (_time(record[name]) for name in ("created", "upn_changed"))
    return record["organizational_unit"] or _UNKNOWN, created, changed


def _time(value: str | None) -> str:
    return value.replace("T", " ").replace("Z", " UTC") if value else _UNKNOWN


def _password(match: MatchRecord) -> str:
    effects = [each["effect"] for each in match.get("overwrites") or () if each["attribute"] == "password"]
    return _BY_EFFECT.get(effects[0], UNKNOWN_PASSWORD) if effects else SAME_PASSWORD
