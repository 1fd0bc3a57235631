# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the AD objects that hold given ImmutableIds, UPNs or addresses, and which of them are protected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ..._identity.ad.faults import has_guid
from ..._identity.ad.kinds import not_a_user
from ..._identity.ad.protected_accounts import ACCOUNT_ATTRIBUTES, Shield, why_protected
from ..._identity.core.errors import InputError
from ..._identity.core.identities.anchors import (
    CONSISTENCY_GUID,
    OBJECT_GUID,
    anchor_bytes,
    guid_text,
    immutable_id_of_bytes,
)
from ..._identity.preflight.directory_view import AdAccount, Directory, DirectoryView
from ..protection.shield import read_shield
from ..session import filters
from ..session.connection import LdapOptions, Session, connected
from ..session.errors import ConnectionLost, LdapError
from ..session.forest import naming_contexts
from ..session.search import Entry, listed_entries, paged_entries

CONDITIONS = 300
"""The most conditions in one filter. Each is on an indexed attribute."""

_ATTRIBUTES = (
    *(OBJECT_GUID, CONSISTENCY_GUID, "objectClass", "sAMAccountType"),
    *("userPrincipalName", "mail", "proxyAddresses"),
    *ACCOUNT_ATTRIBUTES,
)
# The objects that a listing reads: all that can hold one of the values.
_ANYTHING = "(|(sAMAccountName=*)(mail=*)(proxyAddresses=*)(objectClass=contact)(mS-DS-ConsistencyGuid=*))"


def directory_reader(params: Mapping[str, Any], with_protection: bool, *, writes: bool) -> Directory:
    """Return what reads the objects of a domain with these ImmutableIds, or with these UPNs and addresses.

    ``params`` holds the connection options. Without ``with_protection``, protected accounts are not looked for, and
    count as unread. ``writes``: whether the task that asks plans to write, here or in Entra. What is returned raises
    LdapError if the directory cannot be read.

    :raises InputError: if an option is wrong.
    """
    return partial(_read_view, LdapOptions.from_params(params, writes=writes), with_protection)


def _read_view(
    options: LdapOptions, with_protection: bool, immutable_ids: Sequence[str], names: Sequence[str]
) -> DirectoryView:
    with connected(options) as session:
        domain = naming_contexts(session).default
        shield = _shield(session, domain) if with_protection else None
        conditions = [*_of_anchors(immutable_ids), *_of_names(names)]
        found = list(_matching(session, domain, conditions))
    accounts = [_account(entry, shield) for entry in found if has_guid(entry.attributes)]
    return DirectoryView(accounts, claims_unread=len(accounts) < len(found), protection_unread=shield is None)


def _shield(session: Session, domain: str) -> Shield | None:
    try:
        return read_shield(session, domain)
    except ConnectionLost:
        raise
    except LdapError:
        return None


def _of_anchors(immutable_ids: Iterable[str]) -> Iterator[str]:
    for immutable_id in immutable_ids:
        try:
            raw = anchor_bytes(immutable_id)
        except InputError:
            continue  # a text that is not base64 is not the anchor of any object
        yield filters.equals(CONSISTENCY_GUID, raw)
        if len(raw) == 16:
            yield filters.equals(OBJECT_GUID, raw)


def _of_names(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        kind, colon, bare = name.partition(":")
        if not colon:
            yield filters.equals("userPrincipalName", name)
            continue
        yield filters.equals("proxyAddresses", name)
        if kind.lower() == "smtp":
            yield filters.equals("mail", bare)


def _matching(session: Session, domain: str, conditions: Sequence[str]) -> Iterable[Entry]:
    """Read by filters, or by a listing of the domain if that takes no more requests."""
    fresh = list(dict.fromkeys(conditions))
    chunks = [fresh[start : start + CONDITIONS] for start in range(0, len(fresh), CONDITIONS)]
    listed = listed_entries(session, domain, _ANYTHING, _ATTRIBUTES, len(chunks)) if len(chunks) > 1 else None
    if listed is not None:
        return listed
    found = (paged_entries(session, domain, filters.any_of(chunk), _ATTRIBUTES) for chunk in chunks)
    # An object may meet conditions of several chunks.
    return {entry.distinguished_name: entry for entries in found for entry in entries}.values()


def _account(entry: Entry, shield: Shield | None) -> AdAccount:
    kind = not_a_user(entry.attributes)
    guid = entry.attributes[OBJECT_GUID.lower()][0]
    consistency = next(iter(entry.attributes.get(CONSISTENCY_GUID.lower(), ())), None)
    mail = entry.text("mail")
    return AdAccount(
        guid_text(guid),
        entry.distinguished_name,
        entry.text("userPrincipalName"),
        immutable_id_of_bytes(guid),
        immutable_id_of_bytes(consistency) if consistency else None,
        kind.removeprefix("a ").removeprefix("an ") if kind else "user",
        why_protected(entry.attributes, shield) if shield else None,
        (*entry.texts("proxyAddresses"), *([f"smtp:{mail}"] if mail else [])),
    )
