# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor's half of Entra ID: the sign-in, the permissions, the clock, the domains, and emergency accounts."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from ..._graph.http.connection import open_transport
from ..._graph.http.errors import GraphError
from ..._graph.http.transport import Transport
from ..._graph.http.watch import Watch
from ..._graph.reads.administrators import GlobalAdministrator, read_global_administrators
from ..._graph.reads.groups import read_excluded, read_group_members
from ..._graph.reads.service_time import read_time
from ..._graph.reads.survey import Survey
from ..._graph.reads.users import Users
from ..._identity.core.cloud_user import ENTRA_PROPERTIES
from ..._identity.core.errors import IdentityError
from ..._identity.core.identities.cloud_identity import CloudIdentity, identities_of
from ..._identity.core.identities.comparison import entra_key
from ..._identity.core.scope.named_object import NamedObject
from ..._identity.entra.snapshot_user import make_snapshot_user
from ..._identity.entra.tenant_snapshot import DOMAINS as DOMAINS_ASPECT
from ..._identity.entra.tenant_snapshot import PERMISSIONS
from ..._identity.preconditions.checks import ACCOUNTS, HARD_MATCH, SYNC, Check, by_error, fine, not_made, unknown
from ..._identity.preconditions.clock import ENTRA_CLOCK, check_clock
from ..._identity.preconditions.permissions import check_consent, check_permissions, permission_check
from ..._identity.preconditions.tenant import (
    ADMINISTRATORS,
    CONSENT,
    DOMAINS,
    Administrator,
    check_administrators,
    check_domains,
    check_refused,
    check_signed_in,
)
from ..._ldap.users.scope import Members, members_of
from .directory import Clock
from .question import Question, failed

OPTIONS = "entra_options"

_PATIENCE = 30
"""Seconds. Shorter than the minute in which a new app may become known: the doctor says at once what is missing."""

_WHATS = {DOMAINS: "The domains of the tenant", ADMINISTRATORS: "The number of Global Administrators"}

T = TypeVar("T")


@dataclass
class TenantFindings:
    """``checks``: what was found. What is None could not be read, and ``why`` says by check what kept it from that.

    ``verified``: the verified domains. ``users``: how many the tenant has. ``administrators``: the Global
    Administrators. ``excluded``: the ids of those of them whom ``exclude`` names. ``members``: those of the group that
    is the scope.
    """

    checks: list[Check] = field(default_factory=list)
    why: dict[str, Check] = field(default_factory=dict)
    verified: list[str] | None = None
    users: int | None = None
    administrators: list[GlobalAdministrator] | None = None
    excluded: set[CloudIdentity] = field(default_factory=set)
    members: Members | None = None

    def check_domains(self, wanted: Sequence[str], suffixes: Sequence[str]) -> Check:
        if self.verified is None:
            return self.why[DOMAINS]
        return check_domains(wanted, self.verified, suffixes)

    def list_administrators(self) -> list[str]:
        """Return the UPNs of the Global Administrators whom the caller does not exclude by name."""
        return [each.user_principal_name for each in self.administrators or () if not self._is_excluded(each)]

    def check_administrators(self, in_scope: set[str] | None) -> Check:
        """``in_scope``: who of them is in scope, by ``entra_key`` of the UPN; None if nobody could tell."""
        if self.administrators is None:
            return self.why[ADMINISTRATORS]
        return check_administrators(
            [
                Administrator(
                    each.user_principal_name,
                    is_cloud_only=each.sync_enabled is not True,
                    is_enabled=each.enabled,
                    is_in_scope=self._is_in_scope(each, in_scope),
                )
                for each in self.administrators
            ]
        )

    def _is_in_scope(self, each: GlobalAdministrator, in_scope: set[str] | None) -> bool | None:
        if self._is_excluded(each):
            return False
        return None if in_scope is None else entra_key(each.user_principal_name) in in_scope

    def _is_excluded(self, each: GlobalAdministrator) -> bool:
        return not self.excluded.isdisjoint(identities_of(each.id, each.user_principal_name))


async def examine_tenant(graph: Mapping[str, Any], question: Question, now: Clock, watch: Watch) -> TenantFindings:
    """Check Entra ID."""
    found = TenantFindings()
    options = {**graph, "max_wait": min(graph["max_wait"], _PATIENCE)}
    try:
        async with open_transport(options, watch) as transport:
            found.checks += [_complete(), *check_signed_in(transport.place()[1], graph["client_id"])]
            await _examine(transport, graph, question, found)
    except GraphError as error:
        refused = check_refused(error.cause, error.message)
        found.checks += [_complete(), *refused, *_none_of(_wrong_one(refused), question, found)]
    except IdentityError as error:
        found.checks += [by_error(OPTIONS, error.message), *_none_of(OPTIONS, question, found)]
    except Exception as error:  # noqa: BLE001 - one check must not hide the others
        found.checks += [failed("entra_sign_in", "The sign-in", error), *_none_of("entra_sign_in", question, found)]
    found.checks.append(await _clock(graph, now))
    return found


async def _examine(transport: Transport, graph: Mapping[str, Any], question: Question, found: TenantFindings) -> None:
    consent = check_consent(transport.granted, transport.place()[1])
    found.checks.append(consent)
    if consent.advice:
        found.checks += _none_of(CONSENT, question, found)
        return
    found.checks += check_permissions(transport.granted, question.stages)
    survey = Survey(transport, graph["client_id"])
    snapshot = await _reading(found, DOMAINS, survey.read_for_writing([DOMAINS_ASPECT]))
    if snapshot is not None and DOMAINS_ASPECT not in snapshot.unknown:
        found.verified = [str(each["id"]) for each in snapshot.domains if each.get("isVerified")]
    elif snapshot is not None:
        permission = PERMISSIONS[DOMAINS_ASPECT]
        found.why[DOMAINS] = unknown(
            DOMAINS,
            "The domains of the tenant could not be read.",
            f"Grant the app {permission} and give admin consent.",
        )
    found.administrators = await _reading(found, ADMINISTRATORS, read_global_administrators(transport))
    found.users = await _reading(found, "users", Users(transport, ENTRA_PROPERTIES, make_snapshot_user).count())
    excluded = await _reading(found, "exclude", read_excluded(transport, question.exclusions))
    found.excluded = set(excluded or question.exclusions.users)
    group = question.scope.entra_group if question.scope else None
    if group:
        found.members = await _reading(found, "scope", _members(transport, group))


async def _members(transport: Transport, group: NamedObject) -> Members:
    found = await read_group_members(transport, [group])
    return members_of(list(found[group].upns.values()))


async def _reading(found: TenantFindings, name: str, reading: Awaitable[T]) -> T | None:
    try:
        return await reading
    except Exception as error:  # noqa: BLE001 - one check must not hide the others
        found.why[name] = failed(name, _WHATS.get(name, "It"), error)
        return None


async def _clock(graph: Mapping[str, Any], now: Clock) -> Check:
    try:
        time: datetime | None = await read_time(graph)
    except Exception as error:  # noqa: BLE001 - one check must not hide the others
        return failed(ENTRA_CLOCK, "The clock", error)
    if time is None:
        return unknown(
            ENTRA_CLOCK,
            "The answer of Graph does not contain the time.",
            "Check the proxy between this machine and Graph.",
        )
    return check_clock(ENTRA_CLOCK, "Microsoft Graph", time, now())


def _complete() -> Check:
    return fine(OPTIONS, "The connection options are complete.")


def _wrong_one(checks: Sequence[Check]) -> str:
    return next(each.name for each in checks if each.status == "wrong")


def _none_of(because: str, question: Question, found: TenantFindings) -> list[Check]:
    """Return the checks that could not be made because of another one, and note the others that need them."""
    found.why |= {name: not_made(name, what, because) for name, what in _WHATS.items()}
    return [
        not_made(permission_check(stage), f"The permissions of the stage {stage}", because)
        for stage in (ACCOUNTS, HARD_MATCH, SYNC)
        if stage in question.stages
    ]
