# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync client exports, read and checked: one object of Active Directory each."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from typing import Any

from . import schema
from .errors import GraphError

KINDS = ("user", "contact", "group")

# Names of the export -> Graph's names of what is stamped on the object.
_STAMPS = {
    "distinguishedName": "onPremisesDistinguishedName",
    "samAccountName": "onPremisesSamAccountName",
    "securityIdentifier": "onPremisesSecurityIdentifier",
    "domainName": "onPremisesDomainName",
}
_OWN = {"type", "sourceAnchor", "objectIdentifier", "businessPhone", "proxyAddresses", "userPrincipalName", *_STAMPS}
# facts §2: the cloud sets these, or other rules do; an export that carries one is a mistake of the caller.
_NEVER = {"id", "onPremisesImmutableId", "onPremisesSyncEnabled", "onPremisesProvisioningErrors", "deletedDateTime"}


@dataclass(frozen=True)
class Incoming:
    """One exported object.

    `values`: what AD fills of the cloud object's properties, without UPN and addresses; an empty attribute is not in
    it. `addresses`: with their prefix, the primary one as `SMTP:`.
    """

    kind: str
    anchor: str
    upn: str | None
    addresses: tuple[str, ...]
    values: dict[str, Any]
    identifier: str

    @property
    def primary(self) -> str | None:
        """The primary address without its prefix: the only one that a soft match looks at (facts §2 "Order")."""
        return next((address[5:] for address in self.addresses if address.startswith("SMTP:")), None)


def read(body: Any) -> tuple[list[Incoming], list[str]]:
    """Objects and anchors to delete. Raises ValueError with a sentence for the caller, nothing done."""
    objects, deletes = (body.get("objects", []), body.get("deletes", [])) if isinstance(body, dict) else (None, None)
    if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
        raise ValueError("Send an object with 'objects', a list of objects.")
    if not isinstance(deletes, list) or not all(isinstance(anchor, str) and anchor for anchor in deletes):
        raise ValueError("'deletes' is a list of source anchors.")
    found = [_read(item) for item in objects]
    anchors = [item.anchor for item in found] + deletes
    if len(set(anchors)) != len(anchors):
        raise ValueError("Every source anchor of a cycle may be sent once.")
    return found, deletes


def object_identifier(anchor: str) -> str:
    """The onPremisesObjectIdentifier of the AD object behind an anchor.

    What Microsoft makes the value of is [NF]; the rules (facts §2 "2026 hardening") only ask whether it is another one.
    """
    try:
        raw = base64.b64decode(anchor, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    return str(uuid.UUID(bytes_le=raw)) if len(raw) == 16 else str(uuid.uuid5(uuid.NAMESPACE_OID, anchor))


def _read(item: dict[str, Any]) -> Incoming:
    kind, anchor = item.get("type"), item.get("sourceAnchor")
    if kind not in KINDS:
        raise ValueError(f"'type' of an object is one of {', '.join(KINDS)}.")
    if not isinstance(anchor, str) or not anchor:
        raise ValueError(f"An object of type {kind} has no sourceAnchor.")
    given = {name: value for name, value in item.items() if value not in (None, "", [])}
    values = {name: value for name, value in given.items() if name not in _OWN}
    if kind == "user":
        _check(values, anchor)
        if given.get("businessPhone"):
            values["businessPhones"] = [given["businessPhone"]]
    values |= {target: given[name] for name, target in _STAMPS.items() if name in given}
    upn = given.get("userPrincipalName") if kind == "user" else None
    if upn:
        values["onPremisesUserPrincipalName"] = upn
    addresses = _addresses(given.get("proxyAddresses", []), values.get("mail"))
    return Incoming(kind, anchor, upn, addresses, values, given.get("objectIdentifier") or object_identifier(anchor))


def _check(values: dict[str, Any], anchor: str) -> None:
    wrong = _NEVER & values.keys()
    if wrong:
        raise ValueError(f"An export does not carry {', '.join(sorted(wrong))}.")
    try:
        schema.check_object("user", values)
    except GraphError as error:
        raise ValueError(f"The user with the anchor {anchor}: {error.message}") from None


def _addresses(given: list[str], mail: str | None) -> tuple[str, ...]:
    """user.md "proxyAddresses": mail is the primary address; where AD names no primary, mail becomes it."""
    if mail and not any(address.startswith("SMTP:") for address in given):
        return (f"SMTP:{mail}", *(address for address in given if address.lower() != f"smtp:{mail}".lower()))
    return tuple(given)
