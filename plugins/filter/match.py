# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that predicts a sync from records in hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.comparison import entra_key
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.record_types import check_records
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import Record
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import visible
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra import tenant_snapshot
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import (
    RoleHolding,
    TenantSnapshot,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight import result
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predict import predict

_LISTS = ("deleted", "domains", "contacts", "groups")
_ASPECT = {
    "deleted": tenant_snapshot.DELETED_USERS,
    "domains": tenant_snapshot.DOMAINS,
    "contacts": tenant_snapshot.CONTACTS,
    "groups": tenant_snapshot.GROUPS,
    "cloud_managed": tenant_snapshot.SOURCE_OF_AUTHORITY,
}
_ROLES = (
    tenant_snapshot.ROLE_ASSIGNMENTS,
    tenant_snapshot.ROLE_ELIGIBILITY,
    tenant_snapshot.ROLE_GROUPS,
    tenant_snapshot.APP_OWNERS,
)


def match(
    ad_users: Any,
    cloud_users: Any,
    deleted: Any = None,
    domains: Any = None,
    switches: Any = None,
    roles: Any = None,
    contacts: Any = None,
    groups: Any = None,
    cloud_managed: Any = None,
    skip_checks: Sequence[str] = (),
    after_hard_match: bool = False,
    replace: bool = False,
) -> dict[str, Any]:
    """What entra_match_info would answer if the tenant were this. Raises AnsibleFilterError for other types."""
    given: dict[str, Any] = {"deleted": deleted, "domains": domains, "contacts": contacts, "groups": groups}
    for name, value in {"the input": ad_users, "cloud_users": cloud_users, **given, "roles": roles}.items():
        _check_list(name, value)
    wrong = set(skip_checks) - set(tenant_snapshot.ASPECTS)
    if wrong:
        raise AnsibleFilterError(
            f"match: skip_checks may hold {', '.join(tenant_snapshot.ASPECTS)}, not {min(wrong)!r}."
        )
    given["cloud_managed"] = cloud_managed
    unknown = {_ASPECT[name] for name, value in given.items() if value is None}
    unknown |= set(_ROLES) if roles is None else set()
    unknown |= {tenant_snapshot.SWITCHES} if switches is None else set()
    try:
        for name, value in {"cloud_users": cloud_users, "deleted": deleted or ()}.items():
            check_records(value, option=name)
        read = TenantSnapshot(
            users=[_record(user) for user in cloud_users],
            deleted=[_record(user, deleted=True) for user in deleted or ()],
            domains=domains or (),
            switches=switches or {},
            roles=_holdings(roles or ()),
            cloud_managed=frozenset(cloud_managed or ()),
            contacts=contacts or (),
            groups=groups or (),
            unknown=frozenset(unknown),
        )
        snapshot = result.skip_checks(read, skip_checks)
        found = predict(ad_users, snapshot, after_hard_match=after_hard_match, replace=replace)
    except InputError as error:
        raise AnsibleFilterError(visible(f"match: {error.message}")) from error
    except KeyError as error:
        raise AnsibleFilterError(f"match: a record of the tenant lacks {error.args[0]}.") from error
    return result.build_result(found, snapshot, result.list_unread(read, found), skip_checks)


def _check_list(name: str, value: Any) -> None:
    if value is None and name in (*_LISTS, "roles"):
        return
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise AnsibleFilterError(f"match: {name} is a list of records, such as a module of this collection returns.")


def _record(user: Mapping[str, Any], deleted: bool = False) -> Record:
    """The record with every key; what was not given is empty."""
    return {**tenant_snapshot.snapshot_record({"id": user["id"]}, deleted), **user, "deleted": deleted}


def _holdings(roles: Sequence[Mapping[str, Any]]) -> dict[str, list[RoleHolding]]:
    found: dict[str, list[RoleHolding]] = {}
    for role in roles:
        holding = RoleHolding(role.get("how", "direct"), role.get("name"), role.get("privileged"), role.get("group"))
        found.setdefault(entra_key(str(role["id"])), []).append(holding)
    return found


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"match": match}
