# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check Graph's JSON at the edge: a property whose value is not of its documented type is not used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from ..core.answer_limits import MAX_OBJECT
from ..core.attribute_map import FIRST, ROWS
from ..core.cloud_user import ENTRA_PROPERTIES, CloudUser
from ..core.identities.anchors import is_guid
from ..core.text.unicode_text import is_text


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def _is_moment(value: Any) -> bool:
    try:
        return is_text(value) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_group_of_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(each is None or is_text(each) for each in value.values())


def _is_list_of_errors(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_group_of_texts, value))


def _is_reference(value: Any) -> bool:
    return _is_group_of_texts(value) and is_guid(value.get("id"))


def _is_principal(value: Any) -> bool:
    return isinstance(value, dict) and (value.get("appId") is None or is_text(value["appId"]))


_TESTS: dict[str, Callable[[Any], bool]] = {
    "accountEnabled": _is_flag,
    "onPremisesSyncEnabled": _is_flag,
    "proxyAddresses": _is_list_of_texts,
    "onPremisesProvisioningErrors": _is_list_of_errors,
    "createdDateTime": _is_moment,
    "onPremisesLastSyncDateTime": _is_moment,
    "manager": _is_reference,
    "assignedLicenses": _is_list,
    "isPrivileged": _is_flag,
    "isVerified": _is_flag,
    "isInitial": _is_flag,
    "principal": _is_principal,
    **{row.entra: _is_list_of_texts for row in ROWS if row.form == FIRST},
    **{row.entra.partition(".")[0]: _is_group_of_texts for row in ROWS if "." in row.entra},
}
_TEXTS = frozenset(
    (
        *("id", "displayName", "userType", "mailNickname", "onPremisesUserPrincipalName", "onPremisesObjectIdentifier"),
        *("onPremisesSecurityIdentifier", "principalId", "roleDefinitionId", "directoryScopeId", "authenticationType"),
        *ENTRA_PROPERTIES,
        *(row.entra for row in ROWS),
    )
) - frozenset(_TESTS)
_ALWAYS_SENT = ("userPrincipalName", "onPremisesImmutableId", "onPremisesSyncEnabled")
"""Properties of a user that every request selects and that decide whether the user may be changed."""


def faults(item: Mapping[str, Any], needed: Iterable[str] = ()) -> list[str]:
    """Return the properties of an object that are not of their documented type, and those of ``needed`` without value.

    Properties that this project does not read are not looked at.
    """
    wrong = [name for name, value in item.items() if value is not None and not _has_its_type(name, value)]
    return [*wrong, *(name for name in needed if item.get(name) is None and name not in wrong)]


def _has_its_type(name: str, value: Any) -> bool:
    test = _TESTS.get(name)
    if test is None:
        return name not in _TEXTS or is_text(value)
    return test(value)


def is_user(item: Mapping[str, Any]) -> bool:
    """Return whether an object can be a user: its id is a GUID, and it is not too large."""
    try:
        return is_guid(item.get("id")) and len(repr(item)) <= MAX_OBJECT
    except RecursionError:  # nested too deeply to be one
        return False


def readable_user(user: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """Return a user without the properties that cannot be read, and the names of those properties."""
    wrong = faults(user)
    left = {name: value for name, value in user.items() if name not in wrong} if wrong else user
    return left, wrong + [name for name in _ALWAYS_SENT if name not in user]


def unreadable_sentence(user: CloudUser) -> str | None:
    """Return why nothing is done with a user who has unreadable properties; None if the user has none."""
    if not user.unreadable:
        return None
    return (
        f"The answer of Graph about {user.name} cannot be used ({', '.join(user.unreadable)} is not as documented), so "
        "this user is not changed. Check the user in the admin center, and any proxy in between."
    )
