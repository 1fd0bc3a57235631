# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory roles of users, held directly, by PIM or by a group, and who is as powerful as if they had one.

All comes from a few listings of the tenant (facts §2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.identities.comparison import entra_key
from .tenant_snapshot import RoleHolding

APP_OWNER = "app_owner"


@dataclass(frozen=True)
class RoleGroup:
    """A role-assignable group. ``members``, also those of groups in it, and ``owners`` are object ids."""

    id: str
    name: str
    members: Sequence[str]
    owners: Sequence[str]


def role_holdings(
    assignments: Iterable[Mapping[str, Any]],
    eligibilities: Iterable[Mapping[str, Any]],
    definitions: Iterable[Mapping[str, Any]],
    groups: Iterable[RoleGroup],
    app_owners: Iterable[str] = (),
) -> dict[str, list[RoleHolding]]:
    """Return the role holdings by user id, as ``entra_key``.

    The first three arguments are Graph's own JSON (``principalId, roleDefinitionId``; ``id, displayName,
    isPrivileged``). A role counts at every scope. A role of a group, assigned or eligible, counts for its members, and
    for its owners, who can make themselves members. A member or owner of a role-assignable group has a holding even if
    the group has no role. ``app_owners`` are the ids of those who own the app that signs in.
    """
    known = {str(each["id"]): each for each in definitions}
    by_group = {entra_key(group.id): group for group in groups}
    found: defaultdict[str, list[RoleHolding]] = defaultdict(list)
    roles_of: defaultdict[str, list[tuple[str, bool | None]]] = defaultdict(list)
    for how, schedules in (("direct", assignments), ("eligible", eligibilities)):
        for schedule in schedules:
            principal = entra_key(str(schedule["principalId"]))
            role = _role(known, str(schedule["roleDefinitionId"]))
            if principal in by_group:
                roles_of[principal].append(role)
            else:
                found[principal].append(RoleHolding(how, *role))
    for key, group in by_group.items():
        for how, people in (("member", group.members), ("owner", group.owners)):
            for person in people:
                roles: list[tuple[str | None, bool | None]] = [*roles_of[key]] or [(None, None)]
                found[entra_key(person)] += [
                    RoleHolding(how, name, privileged, group.name) for name, privileged in roles
                ]
    for person in app_owners:
        found[entra_key(person)].append(RoleHolding(APP_OWNER, None, None))
    return dict(found)


def _role(known: Mapping[str, Mapping[str, Any]], key: str) -> tuple[str, bool | None]:
    definition = known.get(key, {})
    return str(definition.get("displayName") or key), definition.get("isPrivileged")
