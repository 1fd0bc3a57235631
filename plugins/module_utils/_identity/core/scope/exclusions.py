# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``exclude``: users who are never touched, by their names, their groups, or where their accounts are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from ..identities.cloud_identity import CloudIdentity, read_upn
from ..identities.distinguished_names import is_distinguished_name
from ..refusal import Refusal
from .named_object import NamedObject, is_entra_group

USERS, GROUPS, UNITS = "users", "groups", "organizational_units"
_CAUSES = {
    f"exclude.{USERS}": "excluded_user",
    f"exclude.{GROUPS}": "excluded_group",
    f"exclude.{UNITS}": "excluded_organizational_unit",
}
EXCLUSION_CAUSES = frozenset(_CAUSES.values())
"""The causes of exclusions by name, by group and by organizational unit."""


@dataclass(frozen=True)
class Exclusions:
    """Who is excluded. ``users`` are by UPN; ``units`` are organizational units and containers."""

    users: Mapping[CloudIdentity, NamedObject] = field(default_factory=dict)
    ad_groups: Sequence[NamedObject] = ()
    entra_groups: Sequence[NamedObject] = ()
    units: Sequence[NamedObject] = ()


NOBODY_EXCLUDED = Exclusions()


def read_exclusions(given: Mapping[str, Any]) -> Exclusions:
    """Read the option.

    :raises InputError: if an entry can name no user, group or organizational unit.
    """
    named = {
        key: [NamedObject(f"exclude.{key}", text) for text in given.get(key) or ()] for key in (USERS, GROUPS, UNITS)
    }
    for unit in named[UNITS]:
        if not is_distinguished_name(unit.text):
            raise InputError(f"{unit}, which is not a distinguished name; write it as OU=Staff,DC=contoso,DC=com.")
    of_entra = {group: is_entra_group(group) for group in named[GROUPS]}
    return Exclusions(
        users={_read_user(user): user for user in named[USERS]},
        ad_groups=[group for group, is_entra in of_entra.items() if not is_entra],
        entra_groups=[group for group, is_entra in of_entra.items() if is_entra],
        units=named[UNITS],
    )


def _read_user(user: NamedObject) -> CloudIdentity:
    try:
        return read_upn(user.text)
    except InputError as error:
        raise InputError(f"{user}, which is not a user principal name. Write it as name@domain.") from error


def describe_exclusion(name: str, entry: NamedObject) -> Refusal:
    """Return why a user is excluded, as cause and sentence. ``entry`` is one of the option ``exclude``."""
    if entry.option == f"exclude.{UNITS}":
        reason = f"{name} is excluded, because the account is below {entry.text} ({entry.option})."
    elif entry.option == f"exclude.{GROUPS}":
        reason = f"{name} is excluded as a member of {entry.text} ({entry.option})."
    else:
        reason = f"{name} is excluded by name ({entry.option})."
    return Refusal(exclusion_cause(entry), reason)


def exclusion_cause(entry: NamedObject) -> str:
    """Return the cause of an exclusion by this entry."""
    return _CAUSES[entry.option]


def check_named_users(users: Sequence[str], exclusions: Exclusions) -> None:
    """Check that no user whom ``scope.users`` names is excluded by name.

    :raises InputError: if one is.
    """
    for user in users:
        entry = exclusions.users.get(read_upn(user))
        if entry:
            raise named_and_excluded(user, entry)


def named_and_excluded(user: str, entry: NamedObject) -> InputError:
    """Return the error for a user whom ``scope.users`` names and who is excluded."""
    return InputError(
        f"scope.users names {user}, and {describe_exclusion(user, entry).reason} Remove the user from one of the two."
    )
