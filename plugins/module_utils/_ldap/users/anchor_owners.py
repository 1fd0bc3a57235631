# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the AD objects, of any class, that hold given ImmutableIds in objectGUID or mS-DS-ConsistencyGuid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..._identity.ad.anchor_holders import AnchorHolder
from ..._identity.ad.kinds import not_a_user
from ..._identity.core.errors import InputError
from ..._identity.core.identities.anchors import CONSISTENCY_GUID, OBJECT_GUID, anchor_bytes, immutable_id_of_bytes
from ..._identity.preflight.anchor_owners import NOBODY
from ..session import filters
from ..session.connection import Session
from ..session.search import Entry, paged_entries

CHUNK = 100
"""Values in one request; each makes at most two indexed conditions."""

_ATTRIBUTES = ("objectClass", "sAMAccountType", OBJECT_GUID, CONSISTENCY_GUID)


def anchor_owners(session: Session, domain: str, immutable_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return ``{"kind", "name"}`` by ImmutableId: the object's kind and distinguished name, or ``nobody`` and None.

    If two objects of the domain hold one value, the object with that objectGUID counts.

    :raises LdapError: if the directory cannot be read.
    """
    owners: dict[str, dict[str, Any]] = {value: {"kind": NOBODY, "name": None} for value in immutable_ids}
    wanted = [raw for raw in map(_raw, immutable_ids) if raw]
    for raw, holder in anchor_holders(session, domain, wanted):
        value = immutable_id_of_bytes(raw)
        if value in owners and (holder.attribute == OBJECT_GUID or owners[value]["kind"] == NOBODY):
            owners[value] = {"kind": holder.kind, "name": holder.distinguished_name}
    return owners


def anchor_holders(session: Session, domain: str, values: Sequence[bytes]) -> Iterator[tuple[bytes, AnchorHolder]]:
    """Return each anchor value of the objects in a domain, of any class, that hold one of these values.

    ``values`` are raw bytes. Each result is a value and its holder; an object may appear with another value as well.

    :raises LdapError: if the directory cannot be read.
    """
    for start in range(0, len(values), CHUNK):
        conditions = [text for raw in values[start : start + CHUNK] for text in _conditions(raw)]
        for entry in paged_entries(session, domain, filters.any_of(conditions), _ATTRIBUTES):
            yield from _held(entry)


def _raw(immutable_id: str) -> bytes | None:
    try:
        return anchor_bytes(immutable_id)
    except InputError:
        return None  # a text that is not base64 is not the anchor of any object


def _conditions(raw: bytes) -> list[str]:
    by_value = [filters.equals(CONSISTENCY_GUID, raw)]
    return [filters.equals(OBJECT_GUID, raw), *by_value] if len(raw) == 16 else by_value


def _held(entry: Entry) -> Iterator[tuple[bytes, AnchorHolder]]:
    kind = (not_a_user(entry.attributes) or "a user").removeprefix("a ").removeprefix("an ").replace(" ", "_")
    guid = next(iter(entry.attributes.get(OBJECT_GUID.lower(), ())), b"")
    for name in (CONSISTENCY_GUID, OBJECT_GUID):
        for raw in entry.attributes.get(name.lower(), ()):
            yield raw, AnchorHolder(guid, name, kind, entry.distinguished_name)
