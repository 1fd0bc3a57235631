# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a forest is made of, and the UPN suffixes it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.hybrid.identity.plugins.module_utils._identity.upn import folded, upn_suffix
from ansible_collections.hybrid.identity.plugins.module_utils._ldap import filters
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.connection import LdapOptions, Session, connected
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.errors import LdapError
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.search import ONE_LEVEL, paged_entries, read_entry

_UPN = "userPrincipalName"
# A crossRef whose naming context is a domain: FLAG_CR_NTDS_DOMAIN (MS-ADTS 2.2.10), matched by bits.
_DOMAINS = "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=2))"


@dataclass(frozen=True)
class NamingContexts:
    """Distinguished names from the rootDSE: this server's domain, the forest's root domain and its configuration."""

    default: str
    root: str
    configuration: str

    @property
    def partitions(self) -> str:
        """The object that carries uPNSuffixes (facts §7)."""
        return f"CN=Partitions,{self.configuration}"


@dataclass(frozen=True)
class SuffixState:
    """The UPN suffixes listed, in stored spelling, and the DNS names of the forest's domains, which are implicit."""

    listed: list[str]
    domains: list[str]


def naming_contexts(session: Session) -> NamingContexts:
    """Read the rootDSE.

    :raises LdapError: if the server is no domain controller.
    """
    names = ("defaultNamingContext", "rootDomainNamingContext", "configurationNamingContext")
    root = read_entry(session, "", names)
    found = [root.text(name) if root else None for name in names]
    if not all(found):
        raise LdapError(
            f"{session.server} names no Active Directory domain; name a domain controller in server.",
            "not_active_directory",
        )
    return NamingContexts(*(name or "" for name in found))


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
    """For each suffix, the UPNs in the whole forest that end in it.

    A forest of one domain is asked where we are; one of several at this server's Global Catalog.

    :raises LdapError: if that cannot be asked.
    """
    if len(state.domains) <= 1:
        return _carriers(session, contexts.default, suffixes)
    try:
        with connected(options.global_catalog(session.server)) as catalog:
            return _carriers(catalog, "", suffixes)
    except LdapError as error:
        raise LdapError(
            f"Whether users of the forest's {len(state.domains)} domains carry a suffix is known to a Global Catalog "
            f"alone: {error.message} Name a server that is one, or set force to true.",
            error.cause,
        ) from None


def _carriers(session: Session, base: str, suffixes: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {suffix: [] for suffix in suffixes}
    by_name = {folded(suffix): suffix for suffix in suffixes}
    condition = filters.all_of(
        ["(objectClass=user)", filters.any_of(filters.ends_with(_UPN, f"@{suffix}") for suffix in suffixes)]
    )
    for entry in paged_entries(session, base, condition, [_UPN]):
        upn = entry.text(_UPN) or ""
        suffix = by_name.get(upn_suffix(upn))
        if suffix is not None:
            found[suffix].append(upn)
    return found
