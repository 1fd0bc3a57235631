# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a forest's naming contexts, domains and UPN suffixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..._identity.core.identities.anchors import guid_text
from ..._identity.core.identities.comparison import ad_key
from ..._identity.core.text.counts import amount
from . import filters
from .connection import Session, connected
from .errors import NO_SUCH_OBJECT, LdapError
from .options import LdapOptions
from .search import ONE_LEVEL, paged_entries, read_entry

_UPN = "userPrincipalName"
_EXCHANGE = "msExchMailboxGuid"
# A crossRef whose naming context is a domain: the bit FLAG_CR_NTDS_DOMAIN is set (MS-ADTS 2.2.10).
_DOMAINS = "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=2))"


@dataclass(frozen=True)
class NamingContexts:
    """Distinguished names from the rootDSE: this server's domain, the forest's root domain and its configuration."""

    default: str
    root: str
    configuration: str

    @property
    def schema(self) -> str:
        """The distinguished name of the schema, which is below the configuration."""
        return f"CN=Schema,{self.configuration}"

    @property
    def partitions(self) -> str:
        """The distinguished name of the object that has the attribute uPNSuffixes (facts §7)."""
        return f"CN=Partitions,{self.configuration}"


@dataclass(frozen=True)
class SuffixState:
    """The UPN suffixes in uPNSuffixes, as stored, and the DNS names of the forest's domains, which are implicit."""

    listed: list[str]
    domains: list[str]


def naming_contexts(session: Session) -> NamingContexts:
    """Read the rootDSE.

    :raises LdapError: if the server is not a domain controller.
    """
    names = ("defaultNamingContext", "rootDomainNamingContext", "configurationNamingContext")
    root = read_entry(session, "", names)
    found = [root.text(name) if root else None for name in names]
    if not all(found):
        raise LdapError(
            f"{session.server} is not a domain controller of Active Directory. Set server to a domain controller.",
            "not_active_directory",
        )
    return NamingContexts(*(name or "" for name in found))


def domain_place(session: Session, domain: str) -> tuple[str, str]:
    """Return how a journal names a domain: by the objectGUID of its object, which no renaming changes.

    :raises LdapError: if the server does not show it.
    """
    entry = read_entry(session, domain, ("objectGUID",))
    guid = next(iter(entry.attributes.get("objectguid", ())), b"") if entry else b""
    if len(guid) != 16:
        raise LdapError(
            f"{session.server} does not show the objectGUID of {domain}, which identifies the domain in a journal. "
            "Sign in with an account that may read it.",
            "insufficient_rights",
        )
    return "domain", guid_text(guid)


def has_exchange(session: Session, contexts: NamingContexts) -> bool | None:
    """Return whether the schema has Exchange's attributes; None if the account that signed in cannot see the schema.

    :raises LdapError: if the directory cannot be read.
    """
    wanted = filters.any_of(filters.equals("lDAPDisplayName", name) for name in (_EXCHANGE, _UPN))
    try:
        entries = paged_entries(session, contexts.schema, wanted, ("lDAPDisplayName",), ONE_LEVEL)
        found = {ad_key(entry.text("lDAPDisplayName") or "") for entry in entries}
    except LdapError as error:
        if error.result_code != NO_SUCH_OBJECT:
            raise
        return None
    return ad_key(_EXCHANGE) in found if found else None


def read_suffixes(session: Session, contexts: NamingContexts) -> SuffixState:
    """Read the forest's suffixes and domains.

    :raises LdapError: if the account that signed in may not read them.
    """
    partitions = read_entry(session, contexts.partitions, ["uPNSuffixes"])
    if partitions is None:
        raise LdapError(
            f"{session.server} does not show {contexts.partitions}; sign in with an account that may read it.",
            "insufficient_rights",
        )
    domains = [
        name
        for entry in paged_entries(session, contexts.partitions, _DOMAINS, ["dnsRoot"], ONE_LEVEL)
        for name in entry.texts("dnsRoot")
    ]
    return SuffixState(partitions.texts("uPNSuffixes"), domains)


def carriers(
    session: Session, options: LdapOptions, contexts: NamingContexts, state: SuffixState, suffixes: Sequence[str]
) -> dict[str, list[str]]:
    """Return the UPNs in the whole forest that end with each suffix, by suffix.

    Search the session's own domain if the forest has only one, and this server's Global Catalog if it has several.

    :raises LdapError: if the domain or the Global Catalog cannot be searched.
    """
    if len(state.domains) <= 1:
        return _carriers(session, contexts.default, suffixes)
    try:
        with connected(options.global_catalog(session.server)) as catalog:
            return _carriers(catalog, "", suffixes)
    except LdapError as error:
        raise LdapError(
            f"Only a global catalog knows whether users in {amount(len(state.domains), 'domain')} of the forest have "
            f"a UPN suffix: {error.message} Set server to a global catalog, or set force to true.",
            error.cause,
        ) from None


def _carriers(session: Session, base: str, suffixes: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {suffix: [] for suffix in suffixes}
    by_name = {ad_key(suffix): suffix for suffix in suffixes}
    condition = filters.all_of(
        ["(objectClass=user)", filters.any_of(filters.ends_with(_UPN, f"@{suffix}") for suffix in suffixes)]
    )
    for entry in paged_entries(session, base, condition, [_UPN]):
        upn = entry.text(_UPN) or ""
        suffix = by_name.get(ad_key(upn.rpartition("@")[2]))
        if suffix is not None:
            found[suffix].append(upn)
    return found
