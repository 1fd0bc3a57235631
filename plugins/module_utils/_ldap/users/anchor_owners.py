# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the AD objects, of any class, that hold given ImmutableIds in objectGUID or mS-DS-ConsistencyGuid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from ..._identity.ad.anchor_holders import ANCHOR_ATTRIBUTES, AnchorHolder
from ..._identity.ad.kinds import kind_word
from ..._identity.core.errors import InputError
from ..._identity.core.identities.anchors import CONSISTENCY_GUID, OBJECT_GUID, anchor_bytes, immutable_id_of_bytes
from ..._identity.preflight.anchor_owners import NOBODY
from ..._identity.preflight.predictions import AnchorOwner
from ..session import filters
from ..session.connection import Session
from ..session.search import Entry, paged_entries

_ATTRIBUTES = ("objectClass", "sAMAccountType", OBJECT_GUID, CONSISTENCY_GUID)


def anchor_owners(session: Session, domain: str, immutable_ids: Sequence[str]) -> dict[str, AnchorOwner]:
    """Return the owners by ImmutableId: the object's kind and distinguished name, or ``nobody`` and None.

    If two objects of the domain hold one value, the object with that objectGUID counts.

    :raises LdapError: if the directory cannot be read.
    """
    owners = {value: AnchorOwner(NOBODY, None) for value in immutable_ids}
    for raw, holder in anchor_holders(session, domain, raw_anchors(immutable_ids)):
        value = immutable_id_of_bytes(raw)
        if value in owners and (holder.attribute == OBJECT_GUID or owners[value].kind == NOBODY):
            owners[value] = AnchorOwner(holder.kind, holder.distinguished_name)
    return owners


def anchor_holders(session: Session, domain: str, values: Iterable[bytes]) -> Iterator[tuple[bytes, AnchorHolder]]:
    """Return each anchor value of the objects in a domain, of any class, that hold one of these values.

    ``values`` are raw bytes. Each result is a value and its holder; an object may appear with another value as well.

    :raises LdapError: if the directory cannot be read.
    """
    for chosen in filters.any_of_each(filters.equals(*value) for value in anchor_values(values)):
        for entry in paged_entries(session, domain, chosen, _ATTRIBUTES):
            yield from _held(entry)


def raw_anchors(immutable_ids: Iterable[str]) -> Iterator[bytes]:
    """Return the raw bytes of ImmutableIds. A text that is not base64 is left out: no object has such an anchor."""
    for immutable_id in immutable_ids:
        with suppress(InputError):
            yield anchor_bytes(immutable_id)


def anchor_values(values: Iterable[bytes]) -> Iterator[filters.HeldValue]:
    """Return these raw values with each attribute that may hold them."""
    for raw in values:
        for attribute in ANCHOR_ATTRIBUTES if len(raw) == 16 else (CONSISTENCY_GUID,):
            yield attribute, raw


def _held(entry: Entry) -> Iterator[tuple[bytes, AnchorHolder]]:
    kind = kind_word(entry.attributes).replace(" ", "_")
    guid = next(iter(entry.attributes.get(OBJECT_GUID.lower(), ())), b"")
    for name in (CONSISTENCY_GUID, OBJECT_GUID):
        for raw in entry.attributes.get(name.lower(), ()):
            yield raw, AnchorHolder(guid, name, kind, entry.distinguished_name)
