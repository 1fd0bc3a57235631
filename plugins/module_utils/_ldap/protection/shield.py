# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what protects accounts in a domain: powerful groups, rights to replicate, and who signed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..._identity.ad.protected_accounts import (
    GROUP_ATTRIBUTES,
    NAMED_GROUPS,
    Shield,
    build_shield,
    hidden_groups,
    powerful_name,
    powerful_sids,
    replicators,
)
from ..._identity.ad.security_descriptor import MalformedDescriptor, read_access
from ..._identity.core.identities.sids import sid_text
from ..._identity.core.text.sentences import join_names
from ..session import filters
from ..session.connection import Session
from ..session.errors import ConnectionLost, LdapError
from ..session.search import Entry, group_entries, read_descriptor, read_entry

_UNREAD = "protected_accounts_unread"


def read_shield(session: Session, domain: str) -> Shield:
    """Read the shield of a domain, in few searches however many accounts it has.

    :raises LdapError: if a part of it cannot be read, so that nobody is known to be unprotected.
    """
    described = read_descriptor(session, domain, ("objectSid",))
    sid = next(iter(described.attributes.get("objectsid", ())), None) if described else None
    descriptor = next(iter(described.attributes.get("ntsecuritydescriptor", ())), None) if described else None
    if not described or not sid or sid_text(sid) is None or not descriptor:
        raise _unread(f"{session.server} does not show the objectSid and the access control list of {domain}")
    try:
        may_replicate = replicators(read_access(descriptor))
    except MalformedDescriptor as error:
        raise _unread(f"the access control list of {domain} cannot be read ({error})") from None
    own = read_own_sids(session)
    if not own:
        raise _unread(f"{session.server} does not show tokenGroups, which identifies the account that signed in")
    return build_shield(sid, _groups(session, domain, sid, may_replicate), may_replicate, own)


def read_own_sids(session: Session) -> Sequence[bytes]:
    """Return the SIDs of the account that signed in and of its groups; empty if they are not shown.

    :raises LdapError: if the server does not answer.
    """
    root = read_entry(session, "", ("tokenGroups",))
    return root.attributes.get("tokengroups", ()) if root else ()


def try_read_shield(session: Session, domain: str) -> Shield | None:
    """Read the shield of a domain; None if a part of it cannot be read.

    :raises ConnectionLost: if the connection is lost.
    """
    try:
        return read_shield(session, domain)
    except ConnectionLost:
        raise
    except LdapError:
        return None


def _groups(session: Session, domain: str, sid: bytes, may_replicate: set[bytes]) -> Iterator[tuple[str, bytes, str]]:
    """Return the powerful groups, then level by level the groups in them.

    :raises LdapError: if one of them is hidden, or hides its SID: who belongs to it would not be seen.
    """
    powerful = {**dict.fromkeys(may_replicate, "a group that may replicate the domain"), **powerful_sids(sid)}
    conditions = [
        *(filters.equals("objectSid", each) for each in powerful),
        *(filters.equals("sAMAccountName", name) for name in NAMED_GROUPS),
        "(sIDHistory=*)",
    ]
    names: dict[str, str] = {}
    level: list[tuple[Entry, str]] = []
    found = list(group_entries(session, domain, conditions, GROUP_ATTRIBUTES))
    hidden = hidden_groups(sid, {_sid(session, entry) for entry in found})
    if hidden:
        raise _unread(f"{session.server} does not show {join_names(hidden)}")
    for entry in found:
        name = powerful_name(entry.attributes, powerful)
        if name:
            level.append((entry, name))
    while level:
        new = [(entry, name) for entry, name in level if entry.distinguished_name not in names]
        for entry, name in new:
            names[entry.distinguished_name] = name
            yield entry.distinguished_name, _sid(session, entry), name
        above = [filters.equals("memberOf", entry.distinguished_name) for entry, _name in new]
        level = [(entry, _nested(entry, names)) for entry in group_entries(session, domain, above, GROUP_ATTRIBUTES)]


def _sid(session: Session, entry: Entry) -> bytes:
    sid = next(iter(entry.attributes.get("objectsid", ())), b"")
    if sid_text(sid) is None:
        raise _unread(f"{session.server} does not show the objectSid of {entry.distinguished_name}")
    return sid


def _nested(entry: Entry, names: dict[str, str]) -> str:
    above = next((names[dn] for dn in entry.texts("memberOf") if dn in names), "a powerful group")
    return f"{above.partition(' through ')[0]} through {entry.text('sAMAccountName') or entry.distinguished_name}"


def _unread(why: str) -> LdapError:
    return LdapError(
        f"It is unknown which accounts of the domain are protected, because {why}. Sign in with an account that may "
        "read this, or add protected_accounts to skip_checks.",
        _UNREAD,
    )
