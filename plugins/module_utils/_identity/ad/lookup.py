# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identities that a caller gives for AD users, and which of the objects found each identity means."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..core.errors import InputError
from ..core.identities.anchors import parse_guid
from ..core.identities.cloud_identity import read_upn
from ..core.identities.comparison import ad_key, entra_key
from ..core.identities.distinguished_names import dn_key, is_distinguished_name
from ..core.identities.upn import character_name

GUID, DN, NAME, UPN = "guid", "dn", "name", "upn"
NAME_ATTRIBUTES = ("userPrincipalName", "mail", "sAMAccountName")
"""Where to look for an identity of the kind NAME, the UPN first. The kind UPN is looked for only in the UPN."""

# Texts that can only be meant as a GUID: in braces, in five groups, or 28 to 44 hexadecimal digits and dashes.
_NEARLY_GUID = re.compile(r"\{.*|[^{]*-[^{]*\}|[0-9A-Za-z]{8}(-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}|[0-9a-fA-F-]{28,44}")


@dataclass(frozen=True)
class Identity:
    """What the caller wrote, which kind it is, and the key by which it is compared with the objects found."""

    text: str
    kind: str
    key: str

    @property
    def sought(self) -> str:
        """The text to ask a directory for."""
        return _composed(self.text)

    @property
    def guid_bytes(self) -> bytes:
        """The GUID as Active Directory stores it; only for the kind GUID."""
        return uuid.UUID(self.key).bytes_le


def read_identities(texts: Iterable[str]) -> list[Identity]:
    """Tell GUIDs, distinguished names and other names apart, in the order given.

    :raises InputError: if the list or an identity is empty, or if an identity begins or ends with a blank or is nearly
        a GUID.
    """
    identities = [_identity(text, position) for position, text in enumerate(texts, start=1)]
    if not identities:
        raise InputError("identities is empty. Add at least one user, or search with search_base or search_filter.")
    return identities


def _identity(text: str, position: int) -> Identity:
    bare = text.strip()
    if not bare:
        raise InputError(f"Identity {position} is empty; write a UPN, an address, a sAMAccountName, a DN or a GUID.")
    if bare != text:
        edge = text[0] if text[0] != bare[0] else text[-1]
        raise InputError(f"Identity {position}, {text!r}, begins or ends with {character_name(edge)}; remove it.")
    if _NEARLY_GUID.fullmatch(text):
        return guid_identity(text)
    if is_distinguished_name(text):
        return Identity(text, DN, dn_key(text))
    return Identity(text, NAME, _name_key(_composed(text)))


def guid_identity(text: str) -> Identity:
    """Return the identity of a user by objectGUID.

    :raises InputError: if the text is not a GUID.
    """
    return Identity(text.strip(), GUID, str(parse_guid(text)))


def upn_identity(text: str) -> Identity:
    """Return the identity of the AD user who has the UPN of a cloud user.

    :raises InputError: if no cloud user can have it.
    """
    return Identity(text, UPN, read_upn(text).key)


def _name_key(text: str) -> str:
    """Return the form in which an identity of the kind NAME is compared: UPNs and addresses as Entra does it."""
    return entra_key(text) if "@" in text else ad_key(text)


def _composed(text: str) -> str:
    """Return a text whose accents are decomposed, as macOS writes them, as Active Directory keeps it (NFC).

    Any other text stays: NFC makes a K of the KELVIN SIGN, so that another user would be meant.
    """
    return unicodedata.normalize("NFC", text) if unicodedata.is_normalized("NFD", text) else text


@dataclass(frozen=True)
class Candidate:
    """An object of the directory, with the values by which identities can mean it."""

    object_guid: str
    distinguished_name: str
    names: tuple[str, ...]
    upns: tuple[str, ...] = ()
    """The UPNs among the names."""

    def answers_to(self) -> set[tuple[str, str]]:
        keys = {(NAME, _name_key(name)) for name in self.names} | {(UPN, entra_key(name)) for name in self.upns}
        return {(GUID, self.object_guid), (DN, dn_key(self.distinguished_name)), *keys}


@dataclass(frozen=True)
class Match:
    """An identity and the objects that it means: none, one or several, sorted by distinguished name."""

    identity: Identity
    candidates: tuple[Candidate, ...]
    repeats: tuple[str, ...] = ()
    """Other identities of the list that mean the same object; equal ones if they do not mean exactly one object."""


def match_identities(identities: Sequence[Identity], candidates: Iterable[Candidate]) -> list[Match]:
    """Find the candidates that each identity means, in the order of the identities and in linear time.

    Candidates that no identity means are skipped. A directory may find more than was asked for, because its own
    comparison ignores accents.
    """
    index: defaultdict[tuple[str, str], dict[str, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        for key in candidate.answers_to():
            index[key][candidate.object_guid] = candidate
    found = [_sorted(index.get((identity.kind, identity.key), {})) for identity in identities]
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for identity, hits in zip(identities, found, strict=True):
        if len(hits) == 1:
            texts[hits[0].object_guid].append(identity.text)
    written = Counter((identity.kind, identity.key) for identity in identities)
    return [
        Match(identity, hits, _repeats(identity, hits, texts, written))
        for identity, hits in zip(identities, found, strict=True)
    ]


def _repeats(
    identity: Identity,
    hits: tuple[Candidate, ...],
    texts: Mapping[str, list[str]],
    written: Mapping[tuple[str, str], int],
) -> tuple[str, ...]:
    if len(hits) == 1:
        others = list(texts[hits[0].object_guid])
        others.remove(identity.text)
        return tuple(others)
    return (identity.text,) * (written[identity.kind, identity.key] - 1)


def _sorted(candidates: Mapping[str, Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates.values(), key=lambda candidate: candidate.distinguished_name.casefold()))
