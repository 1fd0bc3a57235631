# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind ad_user_guid: find users, plan, refuse, and stamp only what is empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity import ad_kinds, ad_lookup, ad_users
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_lookup import Candidate, Identity
from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad_users import AdObject, AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import CONSISTENCY_GUID, guid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.attribute_map import ldap_attributes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.diffs import users_diff
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import IdentityError, InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.records import AD_ATTRIBUTES
from ansible_collections.hybrid.identity.plugins.module_utils._ldap import filters
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import LdapOptions, Session, connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.errors import ConnectionLost, LdapError
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.forest import naming_contexts
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.search import (
    BASE,
    ONE_LEVEL,
    SUBTREE,
    Entry,
    paged_entries,
    read_entry,
)

SCOPES = {"base": BASE, "one_level": ONE_LEVEL, "subtree": SUBTREE}
CHUNK = 100
"""Identities looked up by one request; each makes at most three indexed conditions."""

_ATTRIBUTES = (*AD_ATTRIBUTES, *ad_kinds.KIND_ATTRIBUTES)
# constraintViolation and attributeOrValueExists: an add to a single-valued attribute that holds a value.
_ALREADY_FILLED = (19, 20)


@dataclass(frozen=True)
class UserQuery:
    """Whom to look for: identities, or a search by conditions that all must hold (no condition: the whole domain)."""

    identities: tuple[Identity, ...] = ()
    base: str | None = None
    scope: str = SUBTREE
    filter_text: str | None = None
    upn_suffixes: tuple[str, ...] = ()

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> UserQuery:
        """Check what needs no network.

        :raises InputError: for a malformed identity, filter or suffix.
        """
        if params["identities"] is not None:
            return cls(identities=tuple(ad_lookup.read_identities(params["identities"])))
        wanted = params["search_filter"]
        return cls(
            base=(params["search_base"] or "").strip() or None,
            scope=SCOPES[params["search_scope"]],
            filter_text=None if wanted is None else filters.checked(wanted),
            upn_suffixes=tuple(_suffix(text) for text in params["upn_suffix"] or ()),
        )


@dataclass(frozen=True)
class Wanted:
    """Which attributes are read, and whether those that a sync sends belong to the answer."""

    names: tuple[str, ...]
    shown: bool

    def found(self, entry: Entry) -> AdObject:
        return AdObject(entry.distinguished_name, entry.attributes, self.shown)


def manage_users(
    params: Mapping[str, Any],
    query: Mapping[str, Any],
    *,
    source_anchor: str = "auto",
    with_attributes: bool = False,
    stamp: bool = False,
    skip_refused: bool = False,
    check_mode: bool = False,
) -> dict[str, Any]:
    """Find users, stamp them where asked to, and return the module's result.

    ``params`` holds the connection options, ``query`` the module's options ``identities`` and ``search_*``.

    :raises InputError: for options that cannot be meant.
    :raises IdentityError: if users may not go on and ``skip_refused`` is false; ``users`` and ``summary`` are details.
    :raises LdapError: if the directory cannot be asked, or a write fails; after the first write with those details too.
    """
    wanted = UserQuery.from_params(query)
    options = LdapOptions.from_params(params)
    with connected(options) as session:
        users = find_users(session, wanted, source_anchor, with_attributes)
        if stamp:
            users = ad_users.plan_stamps(users)
        sentence = ad_users.refusal_sentence(users)
        if sentence and not skip_refused:
            raise IdentityError(sentence, changed=False, **_refused_outcome(users))
        if not check_mode:
            users = list(_stamped(session, users))
    result = ad_users.outcome(users)
    _raise_failures(users, result)
    return {"changed": _changed(users), **result, "diff": users_diff(CONSISTENCY_GUID, result["users"])}


def find_users(session: Session, query: UserQuery, source_anchor: str, with_attributes: bool = False) -> list[AdUser]:
    """Look the query up: identities in bulk over all object classes, a search over user accounts alone."""
    domain = naming_contexts(session).default
    names = dict.fromkeys((*_ATTRIBUTES, *(ldap_attributes() if with_attributes else ())))
    wanted = Wanted(tuple(names), with_attributes)
    if not query.identities:
        entries = paged_entries(session, query.base or domain, _search_filter(query), wanted.names, query.scope)
        return ad_users.searched_users(map(wanted.found, entries), source_anchor)
    objects = {guid_text(found.guid): found for found in _looked_up(session, domain, query.identities, wanted)}
    candidates = [_candidate(guid, found) for guid, found in objects.items()]
    matches = ad_lookup.match_identities(query.identities, candidates)
    return ad_users.asked_users(matches, objects, source_anchor, domain)


def _looked_up(session: Session, domain: str, identities: Sequence[Identity], wanted: Wanted) -> Iterator[AdObject]:
    conditions = list(dict.fromkeys(condition for identity in identities for condition in _conditions(identity)))
    # Counted in conditions, so that requests are of one size whatever the identities' kinds.
    size = CHUNK * len(ad_lookup.NAME_ATTRIBUTES)
    for start in range(0, len(conditions), size):
        chosen = filters.any_of(conditions[start : start + size])
        yield from map(wanted.found, paged_entries(session, domain, chosen, wanted.names))


def _conditions(identity: Identity) -> list[str]:
    if identity.kind == ad_lookup.GUID:
        return [filters.equals("objectGUID", identity.guid_bytes)]
    if identity.kind == ad_lookup.DN:
        return [filters.equals("distinguishedName", identity.sought)]
    return [filters.equals(attribute, identity.sought) for attribute in ad_lookup.NAME_ATTRIBUTES]


def _search_filter(query: UserQuery) -> str:
    names = "sAMAccountName"
    system = [
        "(isCriticalSystemObject=*)",
        *(filters.starts_with(names, prefix) for prefix in ad_kinds.SYSTEM_NAME_PREFIXES),
        *(filters.equals(names, name) for name in ad_kinds.SYSTEM_NAMES),
    ]
    # Only attributes that every directory has: a negated condition on one that the schema lacks is never true.
    conditions = [
        filters.equals("sAMAccountType", str(ad_kinds.NORMAL_USER_ACCOUNT)),
        *map(filters.negated, system),
    ]
    if query.upn_suffixes:
        conditions.append(
            filters.any_of(filters.ends_with("userPrincipalName", f"@{suffix}") for suffix in query.upn_suffixes)
        )
    if query.filter_text:
        conditions.append(query.filter_text)
    return filters.all_of(conditions)


def _suffix(text: str) -> str:
    suffix = text.strip().removeprefix("@")
    if not suffix or "@" in suffix:
        raise InputError(f"{text!r} is not a UPN suffix; write upn_suffix as contoso.com.")
    return suffix


def _candidate(guid: str, found: AdObject) -> Candidate:
    names = (value for name in ad_lookup.NAME_ATTRIBUTES for value in found.attributes.get(name.lower(), ()))
    return Candidate(guid, found.distinguished_name, tuple(value.decode("utf-8", "replace") for value in names))


def _stamped(session: Session, users: Sequence[AdUser]) -> Iterator[AdUser]:
    """Carry out the plan. What fails for one user is that user's; a lost connection ends it for the rest."""
    lost: ConnectionLost | None = None
    for user in users:
        if not user.changes:
            yield user
        elif lost:
            yield user.failed("not_tried", "Not tried, because the connection was lost before; run the task again.")
        else:
            try:
                yield _stamp(session, user)
            except ConnectionLost as error:
                lost = error
                yield user.failed(error.cause, error.message)
            except LdapError as error:
                yield user.failed(error.cause, error.message)


def _stamp(session: Session, user: AdUser) -> AdUser:
    import ldap3

    name = user.found.distinguished_name if user.found else ""
    try:
        # An add, not a replace: the directory itself refuses it where somebody filled the attribute meanwhile.
        session.modify(name, {CONSISTENCY_GUID: [(ldap3.MODIFY_ADD, [user.after])]})
    except LdapError as error:
        if error.result_code not in _ALREADY_FILLED:
            raise
        entry = read_entry(session, name, [CONSISTENCY_GUID])
        values = entry.attributes.get(CONSISTENCY_GUID.lower(), ()) if entry else ()
        if not values:
            raise
        return user.overtaken(values[0])
    return user


def _refused_outcome(users: Sequence[AdUser]) -> dict[str, Any]:
    """The whole list with nothing written: what was planned for the others did not happen."""
    return ad_users.outcome([user.unplanned() if user.changes else user for user in users])


def _raise_failures(users: Sequence[AdUser], result: Mapping[str, Any]) -> None:
    failed = [user for user in users if user.status == ad_users.FAILED]
    if not failed:
        return
    written = result["summary"][ad_users.STAMPED]
    raise LdapError(
        f"{CONSISTENCY_GUID} of {len(failed)} users was not written, of {written} it was: {failed[0].reason} The users "
        "that were written are marked stamped in users; running the task again does the rest.",
        failed[0].cause or ad_users.FAILED,
        changed=_changed(users),
        **result,
    )


def _changed(users: Sequence[AdUser]) -> bool:
    return any(user.changes for user in users)
