# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor's half of Active Directory: the way to the servers, the sign-in, the rights, the clock, and the forest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from ..._identity.core.errors import IdentityError
from ..._identity.preconditions.checks import ACCOUNTS, HARD_MATCH, UPN_SUFFIXES, Check, by_error, fine, not_made
from ..._identity.preconditions.clock import AD_CLOCK, check_clock
from ..._identity.preconditions.directory import (
    ANCHOR_RIGHT,
    CREATE_RIGHT,
    FOREST,
    SUFFIX_RIGHT,
    SUFFIXES,
    VALUES_RIGHT,
    check_anchor_right,
    check_create_right,
    check_forest,
    check_suffix_right,
    check_suffixes,
    check_values_right,
    no_path,
)
from ..._identity.preconditions.network import BIND, NAME, PORT, TLS, Probe, check_probe, check_sign_in
from ..._ldap.preconditions.network import probe
from ..._ldap.preconditions.rights import read_rights, read_time, sample_rights
from ..._ldap.preconditions.scope_reader import ScopeReader
from ..._ldap.session.connection import Session, connected
from ..._ldap.session.errors import NO_SUCH_OBJECT, LdapError
from ..._ldap.session.forest import NamingContexts, SuffixState, naming_contexts, read_suffixes
from ..._ldap.session.options import LdapOptions
from ..._ldap.users.lookup import Search, search_filter
from ..._ldap.users.scope import Members
from .question import NEVER, Question, failed, kept_going

OPTIONS = "ad_options"

Clock = Callable[[], datetime]


@dataclass
class DirectoryFindings:
    """``checks``: what was found. ``suffixes``: the forest's UPN suffixes, None if they could not be read.

    ``in_scope``: the UPNs of those who were asked for and are in scope; None if nobody could tell.
    """

    checks: list[Check] = field(default_factory=list)
    suffixes: SuffixState | None = None
    in_scope: set[str] | None = None


def examine_directory(
    ldap: Mapping[str, Any],
    question: Question,
    asked: Sequence[str],
    members: Members | None,
    now: Clock,
) -> DirectoryFindings:
    """Check Active Directory. ``asked``: UPNs of whom it is asked whether they are in scope.

    ``members``: those of the group of Entra that is the scope; None if it is none, or cannot be read.
    """
    found = DirectoryFindings()
    try:
        options = LdapOptions.from_params(ldap, writes=False)
    except IdentityError as error:
        found.checks += [by_error(OPTIONS, error.message), *_none_of(OPTIONS, question, (NAME, PORT, TLS, BIND))]
        return found
    found.checks.append(fine(OPTIONS, f"The connection options are complete ({options.tls_mode})."))
    usable = []
    time_is_known = False
    for server in options.servers:
        probed, time = probe(server, options)
        found.checks += check_probe(probed, options.connection_timeout, now())
        if time is not None and not time_is_known:
            found.checks.append(check_clock(AD_CLOCK, server, time, now()))
            time_is_known = True
        usable += [probed] if probed.is_reached else []
    left = () if time_is_known else (AD_CLOCK,)
    if not usable:
        first = next(each.name for each in found.checks if each.name in (NAME, PORT, TLS) and each.advice)
        found.checks += _none_of(first, question, (BIND, *left))
        return found
    with ExitStack() as stack:
        session = _sign_in(stack, replace(options, servers=tuple(each.server for each in usable)), usable, found)
        if session is None:
            found.checks += _none_of(BIND, question, left)
        else:
            try:
                _examine_session(session, question, asked, members, found, None if time_is_known else now)
            except Exception as error:  # noqa: BLE001 - it must not hide what was found, nor Entra ID
                found.checks.append(failed(FOREST, "Active Directory", error))
    return found


def _sign_in(
    stack: ExitStack, options: LdapOptions, usable: Sequence[Probe], found: DirectoryFindings
) -> Session | None:
    """Sign in once: each wrong password counts towards the lockout of the account."""
    try:
        session = stack.enter_context(connected(options))
    except Exception as error:  # noqa: BLE001 - one check must not hide the others
        message = error.message if isinstance(error, IdentityError) else None
        server = usable[0].server
        found.checks.append(check_sign_in(server, None, message) if message else failed(BIND, "The sign-in", error))
        return None
    found.checks.append(check_sign_in(session.server, options.auth.username, None))
    return session


def _examine_session(
    session: Session,
    question: Question,
    asked: Sequence[str],
    members: Members | None,
    found: DirectoryFindings,
    now: Clock | None,
) -> None:
    """Make the checks that need a sign-in. ``now`` is None if the clock was compared already."""
    if now is not None:
        found.checks += kept_going(AD_CLOCK, "The clock", lambda: _clock(session, now))
    try:
        contexts = naming_contexts(session)
    except IdentityError as error:
        found.checks += [by_error(FOREST, error.message), *_none_of(FOREST, question, (), but=(FOREST,))]
        return
    found.checks += kept_going(FOREST, "The forest", lambda: _forest(session, contexts, question, found))
    scope = None
    # The members of a group of Entra may be unknown.
    if question.scope and (members or not question.scope.entra_group):
        scope = ScopeReader(session, contexts.default, question.scope, question.exclusions, members)
    for name, make in _rights(session, contexts, question, scope):
        found.checks += kept_going(name, "The right", make)
    if scope:
        with suppress(IdentityError):
            found.in_scope = scope.find(asked)


def _clock(session: Session, now: Clock) -> list[Check]:
    time = read_time(session)
    return [check_clock(AD_CLOCK, session.server, time, now())] if time else []


def _forest(session: Session, contexts: NamingContexts, question: Question, found: DirectoryFindings) -> list[Check]:
    state = read_suffixes(session, contexts)
    found.suffixes = state
    own = ".".join(part.partition("=")[2] for part in contexts.default.split(","))
    return [
        check_forest(state.domains, own),
        check_suffixes(question.domains, state.listed, state.domains, question.stages),
    ]


def _rights(
    session: Session, contexts: NamingContexts, question: Question, scope: ScopeReader | None
) -> list[tuple[str, Callable[[], list[Check]]]]:
    """Return the checks of the rights that the stages need, each with its name."""
    makes: list[tuple[str, Callable[[], list[Check]]]] = []
    if UPN_SUFFIXES in question.stages:
        makes.append((SUFFIX_RIGHT, lambda: [check_suffix_right(read_rights(session, contexts.partitions))]))
    if ACCOUNTS in question.stages:
        if not question.paths:
            makes.append((CREATE_RIGHT, lambda: [no_path(None)]))
        for path in question.paths:
            makes += [
                (CREATE_RIGHT, partial(_check_create, session, path)),
                (VALUES_RIGHT, partial(_check_values, session, path)),
            ]
    if _stamps(question):
        makes.append((ANCHOR_RIGHT, lambda: [check_anchor_right(scope.sample() if scope else [])]))
    return makes


def _check_create(session: Session, path: str) -> list[Check]:
    try:
        return [check_create_right(read_rights(session, path))]
    except LdapError as error:
        if error.result_code != NO_SUCH_OBJECT:
            raise
        return [no_path(path)]


def _check_values(session: Session, path: str) -> list[Check]:
    return [check_values_right(path, sample_rights(session, path, search_filter(Search())))]


def _stamps(question: Question) -> bool:
    return HARD_MATCH in question.stages and question.write_consistency_guid != NEVER


def _none_of(because: str, question: Question, names: Sequence[str], but: Sequence[str] = ()) -> list[Check]:
    """Return the checks that could not be made because of another one."""
    whats = {
        NAME: "The name of the server",
        PORT: "The port",
        TLS: "TLS",
        BIND: "The sign-in to Active Directory",
        AD_CLOCK: "The clock of Active Directory",
        FOREST: "The forest",
        SUFFIXES: "The UPN suffixes of the forest",
        SUFFIX_RIGHT: "The right to write UPN suffixes",
        CREATE_RIGHT: "The right to create users",
        VALUES_RIGHT: "The right to write the values of accounts",
        ANCHOR_RIGHT: "The right to write mS-DS-ConsistencyGuid",
    }
    wanted = [*names, FOREST, SUFFIXES]
    wanted += [SUFFIX_RIGHT] if UPN_SUFFIXES in question.stages else []
    wanted += [CREATE_RIGHT, VALUES_RIGHT] if ACCOUNTS in question.stages and question.paths else []
    wanted += [ANCHOR_RIGHT] if _stamps(question) else []
    return [not_made(name, whats[name], because) for name in wanted if name not in but]
