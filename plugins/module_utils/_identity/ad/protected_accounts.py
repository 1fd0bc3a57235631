# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which AD accounts are protected: those who can rule the domain, or become anybody in it.

Microsoft, "Appendix C: Protected Accounts and Groups in Active Directory", and MS-ADTS 5.1.3.2.1 (extended rights).
Groups are told by their SIDs, because their names are translated. Only two groups that have no fixed SID go by name:
DnsAdmins, which the DNS server makes, and ADSyncAdmins, which Entra Connect makes.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..core.identities.distinguished_names import dn_key
from ..core.identities.sids import AUTHENTICATED_USERS, BUILTIN_DOMAIN, EVERYONE, child_sid, domain_rid, sid_text
from .faults import whole_number
from .security_descriptor import CONTROL_ACCESS, GENERIC_ALL, WRITE_DACL, WRITE_OWNER, Access

ACCOUNT_ATTRIBUTES = (
    "objectSid",
    "sIDHistory",
    "primaryGroupID",
    "memberOf",
    "adminCount",
    "userAccountControl",
    "msDS-AllowedToDelegateTo",
)
"""What ``why_protected`` reads of an account."""

Protection: TypeAlias = "tuple[Sequence[bytes], ...]"
"""The values of ACCOUNT_ATTRIBUTES."""

_NAMES = tuple(map(str.lower, ACCOUNT_ATTRIBUTES))

GROUP_ATTRIBUTES = ("objectSid", "sIDHistory", "sAMAccountName")
"""What ``is_powerful`` reads of a group."""

DOMAIN_GROUPS: Mapping[int, str] = {
    512: "Domain Admins",
    517: "Cert Publishers",
    518: "Schema Admins",
    519: "Enterprise Admins",
    520: "Group Policy Creator Owners",
    525: "Protected Users",
    526: "Key Admins",
    527: "Enterprise Key Admins",
}
"""Groups by RID, in this domain or, through sIDHistory, in any other."""

BUILTIN_GROUPS: Mapping[int, str] = {
    544: "Administrators",
    548: "Account Operators",
    549: "Server Operators",
    550: "Print Operators",
    551: "Backup Operators",
}

NAMED_GROUPS = ("DnsAdmins", "ADSyncAdmins")
"""Groups by ``sAMAccountName``."""

_IN_EVERY_DOMAIN = (512, 517, 520)
"""Those of DOMAIN_GROUPS that no domain lacks. The others are only in the forest's root, or in newer domains."""

_ACCOUNTS: Mapping[int, str] = {500: "the built-in administrator", 502: "the key account of the domain"}

REPLICATION_RIGHTS = frozenset(
    map(
        uuid.UUID,
        (
            "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2",  # DS-Replication-Get-Changes
            "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2",  # DS-Replication-Get-Changes-All
            "89e95b76-444d-4c62-991a-0facbeda640c",  # DS-Replication-Get-Changes-In-Filtered-Set
        ),
    )
)
_TAKES_RIGHTS = WRITE_DACL | WRITE_OWNER | GENERIC_ALL
_TRUSTED_FOR_DELEGATION, _TRUSTED_TO_AUTHENTICATE = 0x80000, 0x1000000

Attributes = Mapping[str, Sequence[bytes]]
"""Raw values by lower-case attribute name."""


@dataclass(frozen=True)
class Shield:
    """What protects accounts in one domain.

    ``groups`` maps the powerful groups, nested ones included, by ``dn_key`` to a name for people. ``sids`` maps the
    SIDs of these groups, and of all who may replicate the domain, to what they mean, as a clause about an account.
    ``own`` has the SIDs of the account that signed in.
    """

    domain: bytes
    groups: Mapping[str, str]
    sids: Mapping[bytes, str]
    own: frozenset[bytes] = frozenset()


def powerful_sids(domain: bytes) -> dict[bytes, str]:
    """Return the powerful groups of the domain with this SID by their own SIDs."""
    return {
        **{child_sid(domain, rid): name for rid, name in DOMAIN_GROUPS.items()},
        **{child_sid(BUILTIN_DOMAIN, rid): name for rid, name in BUILTIN_GROUPS.items()},
    }


def hidden_groups(domain: bytes, seen: Collection[bytes]) -> list[str]:
    """Return the names of the groups that every domain has and whose SIDs are not among ``seen``."""
    names = powerful_sids(domain)
    present = [child_sid(domain, rid) for rid in _IN_EVERY_DOMAIN]
    present += [child_sid(BUILTIN_DOMAIN, rid) for rid in BUILTIN_GROUPS]
    return [names[sid] for sid in present if sid not in seen]


def replicators(access: Access) -> set[bytes]:
    """Return the SIDs of all who may replicate a domain, or may give themselves the right to, by its descriptor."""
    may = {grant.sid for grant in access.grants if grant.mask & _TAKES_RIGHTS}
    may |= {
        grant.sid
        for grant in access.grants
        if grant.mask & CONTROL_ACCESS and (grant.object_type is None or grant.object_type in REPLICATION_RIGHTS)
    }
    return may | {access.owner}


def powerful_name(attributes: Attributes, sids: Mapping[bytes, str]) -> str | None:
    """Return why a group is powerful by itself, as its name for people; None if it is not. ``sids``: powerful SIDs."""
    name = _text(attributes, "samaccountname") or "a group"
    if name.lower() in map(str.lower, NAMED_GROUPS):
        return name
    for sid in (*attributes.get("objectsid", ()), *attributes.get("sidhistory", ())):
        if sid in sids:
            return sids[sid]
    for sid in attributes.get("sidhistory", ()):
        elsewhere = DOMAIN_GROUPS.get(domain_rid(sid) or 0)
        if elsewhere:
            return elsewhere
    return None


def build_shield(
    domain: bytes, groups: Iterable[tuple[str, bytes, str]], may_replicate: Iterable[bytes], own: Iterable[bytes]
) -> Shield:
    """Return the shield of a domain.

    ``groups``: distinguished name, SID and name for people of each powerful group, nested ones included.
    """
    listed = list(groups)
    sids = dict.fromkeys(may_replicate, "may replicate the domain, or give itself that right")
    sids |= {sid: f"belongs to {name}" for sid, name in powerful_sids(domain).items()}
    sids |= {sid: f"belongs to {name}" for _dn, sid, name in listed}
    return Shield(domain, {dn_key(dn): name for dn, _sid, name in listed}, sids, frozenset(own))


def keep_protection(attributes: Attributes) -> Protection:
    """Return the values that ``why_protected`` reads of an account, in less memory than with their names."""
    return tuple(attributes.get(name, ()) for name in _NAMES)


def why_kept_protected(protection: Protection | None, shield: Shield) -> str | None:
    """Return what ``why_protected`` does, for an account whose values were kept; None if they were not read."""
    return why_protected({} if protection is None else dict(zip(_NAMES, protection, strict=True)), shield)


def why_protected(attributes: Attributes, shield: Shield) -> str | None:
    """Return why an account is protected, as a clause such as ``it belongs to Domain Admins``; None if it is not.

    An account whose SID, primary group or userAccountControl is not readable counts as protected.
    """
    clause = _clause(attributes, shield)
    return f"it {clause}" if clause else None


def _clause(attributes: Attributes, shield: Shield) -> str | None:
    own = next(iter(attributes.get("objectsid", ())), b"")
    control, primary = _number(attributes, "useraccountcontrol"), _number(attributes, "primarygroupid")
    if sid_text(own) is None or control is None or primary is None:
        return "does not show its objectSid, primaryGroupID or userAccountControl"
    if own in shield.own:
        return "is the account that this run signs in with"
    known = _ACCOUNTS.get(domain_rid(own) or 0)
    if known:
        return f"is {known}"
    for dn in attributes.get("memberof", ()):
        name = shield.groups.get(dn_key(dn.decode("utf-8", "replace")))
        if name:
            return f"belongs to {name}"
    history = attributes.get("sidhistory", ())
    for sid in (own, child_sid(shield.domain, primary), EVERYONE, AUTHENTICATED_USERS, *history):
        if sid in shield.sids:
            return shield.sids[sid]
    for sid in history:
        elsewhere = {**DOMAIN_GROUPS, **_ACCOUNTS}.get(domain_rid(sid) or 0)
        if elsewhere:
            return f"has the SID of {elsewhere} of another domain in its sIDHistory"
    if _text(attributes, "admincount") not in (None, "0"):
        return "has adminCount set, so it is or was an administrator"
    if control & (_TRUSTED_FOR_DELEGATION | _TRUSTED_TO_AUTHENTICATE) or attributes.get("msds-allowedtodelegateto"):
        return "is trusted for delegation, so it can act as others"
    return None


def _text(attributes: Attributes, name: str) -> str | None:
    return next((value.decode("utf-8", "replace") for value in attributes.get(name, ())), None)


def _number(attributes: Attributes, name: str) -> int | None:
    return whole_number(_text(attributes, name), 0xFFFFFFFF)
