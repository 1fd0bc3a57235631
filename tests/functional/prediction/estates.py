# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated estates: an Active Directory and a tenant, each from one seed, in which few names make many collisions.

Neither side is in our vocabulary: AD objects are raw LDAP attributes, the tenant is the emulator's own records.
"""

from __future__ import annotations

import base64
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from lab.entra.incoming import object_identifier
from lab.entra.journal import Entry
from lab.sync.directory import CONSISTENCY_GUID, AdObject

TENANT = "5d2c1e9a-7b34-4f0e-9a61-0c8f2b7d4e10"
FOREST = {"name": "ad.contoso.com"}
VERIFIED = ("contoso.com", "fabrikam.com", "sub.fabrikam.com", "federated.contoso.com", "contoso.onmicrosoft.com")
UNVERIFIED = ("pending.contoso.com", "ad.contoso.com", "contoso.local")
ROLES = ("Global Administrator", "User Administrator", "Directory Readers", "Guest Inviter", "Custom of ours")
SWITCHES = {
    "blockCloudObjectTakeoverThroughHardMatchEnabled": 0.12,
    "blockSoftMatchEnabled": 0.12,
    "softMatchOnUpnEnabled": 0.9,
    "quarantineUponProxyAddressesConflictEnabled": 0.85,
    "quarantineUponUpnConflictEnabled": 0.85,
    "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled": 0.12,
    "passwordSyncEnabled": 0.5,
}
_ODD = ("jürgen", "a b", "trailing.", "plus+sign", "o'hara", "x" * 65, "dollar$", "under_score")
_WORDS = ("Sales", "Ops", "sales", "Köln", "  padded  ", "   ", "Ünï")
# AD attribute -> Graph property, of what a profile is made of; the tests of the map itself are elsewhere.
_PROFILE = {
    "displayName": "displayName",
    "givenName": "givenName",
    "sn": "surname",
    "title": "jobTitle",
    "department": "department",
    "company": "companyName",
    "physicalDeliveryOfficeName": "officeLocation",
    "mobile": "mobilePhone",
    "facsimileTelephoneNumber": "faxNumber",
    "streetAddress": "streetAddress",
    "l": "city",
    "st": "state",
    "postalCode": "postalCode",
    "co": "country",
    "employeeID": "employeeId",
    "preferredLanguage": "preferredLanguage",
    "msExchUsageLocation": "usageLocation",
}


@dataclass
class Estate:
    """`users`: AD's, in the order in which they are exported. `entries`: the emulator's store, users included."""

    seed: int
    users: list[AdObject] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


class Maker:
    """Draws one estate."""

    def __init__(self, seed: int) -> None:
        self.estate = Estate(seed)
        self.draw = random.Random(seed)
        self.names = [f"u{number}" for number in range(self.draw.randint(4, 9))]
        self.taken: set[str] = set()
        self.anchors: list[str] = []
        self.cloud: list[dict[str, Any]] = []

    def chance(self, likely: float) -> bool:
        return self.draw.random() < likely

    def guid(self) -> uuid.UUID:
        return uuid.UUID(int=self.draw.getrandbits(128), version=4)

    def domain(self) -> str:
        name = self.draw.choice(VERIFIED if self.chance(0.85) else UNVERIFIED)
        return name.title() if self.chance(0.1) else name

    def name(self, odd: float = 0.0) -> str:
        name = self.draw.choice(_ODD) if self.chance(odd) else self.draw.choice(self.names)
        return name.upper() if self.chance(0.1) else name

    def address(self) -> str:
        # Mostly one domain, so that addresses meet.
        return f"{self.name()}@{'contoso.com' if self.chance(0.7) else self.domain()}"

    def make(self) -> Estate:
        for _number in range(self.draw.randint(3, 10)):
            self.estate.users.append(self.ad_user(len(self.estate.users)))
        for _number in range(self.draw.randint(3, 10)):
            self.cloud_user()
        self.others()
        self.tenant()
        return self.estate

    def ad_user(self, number: int) -> AdObject:
        guid = self.guid()
        name = self.name(odd=0.15)
        sam = f"sam{number}"
        values: dict[str, list[bytes]] = {
            "objectguid": [guid.bytes_le],
            "objectclass": [b"top", b"person", b"organizationalPerson", b"user"],
            "samaccounttype": [b"805306368"],
            "samaccountname": [sam.encode()],
            "cn": [f"CN of {sam}".encode()],
            "useraccountcontrol": [b"514" if self.chance(0.15) else b"512"],
        }
        if self.chance(0.93):
            suffix = "contoso.com" if self.chance(0.6) else self.domain()
            values["userprincipalname"] = [f"{name}@{suffix}".encode()]
        if self.chance(0.5):
            values["mail"] = [self.address().encode()]
        if self.chance(0.45):
            values["proxyaddresses"] = [proxy.encode() for proxy in self.proxies(odd=True)]
        if self.chance(0.15):
            values["mailnickname"] = [self.name().encode()]
        if self.chance(0.25):
            raw = guid.bytes_le if self.chance(0.4) else self.guid().bytes_le
            values[CONSISTENCY_GUID.lower()] = [raw if self.chance(0.85) else self.draw.randbytes(5)]
            if self.anchors and self.chance(0.12):
                values[CONSISTENCY_GUID.lower()] = [base64.b64decode(self.draw.choice(self.anchors))]
        if self.chance(0.04):
            values["msds-externaldirectoryobjectid"] = [f"User_{self.guid()}".encode()]
        for attribute in _PROFILE:
            if self.chance(0.35):
                values[attribute.lower()] = [self.draw.choice(_WORDS).encode()]
        if self.chance(0.35):
            values["telephonenumber"] = [self.draw.choice((b"+49 1", b"+49 2"))]
        if self.chance(0.2):
            values[f"extensionattribute{self.draw.randint(1, 15)}"] = [b"of AD"]
        anchor = values.get(CONSISTENCY_GUID.lower(), values["objectguid"])[0]
        self.anchors.append(base64.b64encode(anchor).decode())
        return AdObject(f"CN=CN of {sam},OU=People,DC=ad,DC=contoso,DC=com", "user", guid.bytes_le, values)

    def proxies(self, odd: bool = False) -> list[str]:
        found = [f"smtp:{self.address()}" for _number in range(self.draw.randint(0, 2))]
        if odd and self.chance(0.1):
            found.append(self.draw.choice(("smtp:a b@contoso.com", "smtp:jürgen@contoso.com", "smtp:nobody")))
        if self.chance(0.75):
            found.append(f"SMTP:{self.address()}")
        if self.chance(0.2):
            found.append(self.draw.choice(("x500:/o=contoso/cn=a", "X500:/o=contoso/cn=b", "sip:u0@contoso.com")))
        return list({proxy.lower(): proxy for proxy in sorted(found)}.values()) or [f"smtp:{self.address()}"]

    def free(self, value: str) -> bool:
        """Claim a value that one object of a tenant may hold; False when somebody has it."""
        if value.lower() in self.taken:
            return False
        self.taken.add(value.lower())
        return True

    def cloud_user(self) -> None:
        upn = f"{self.name()}@{'contoso.com' if self.chance(0.7) else self.draw.choice(VERIFIED)}"
        if self.chance(0.3):
            # The same person on both sides, as it mostly is.
            named = self.draw.choice(self.estate.users).text("userPrincipalName") or ""
            upn = named if named.partition("@")[2].lower() in VERIFIED and named[0] in "uU" else upn
        deleted = self.chance(0.12)
        if not deleted and not self.free(f"upn {upn}"):
            return
        user: dict[str, Any] = {
            "id": str(self.guid()),
            "userPrincipalName": upn,
            "createdDateTime": "2024-03-01T08:00:00Z",
            "accountEnabled": self.chance(0.9),
            "userType": "Member",
            "mailNickname": upn.partition("@")[0],
            "proxyAddresses": [],
            "lab": {},
        }
        if self.chance(0.6):
            proxies = [proxy for proxy in self.proxies() if deleted or self.free(proxy)]
            user["proxyAddresses"] = proxies
            primary = next((proxy[5:] for proxy in proxies if proxy.startswith("SMTP:")), None)
            if primary:
                user["mail"] = primary
        for name in _PROFILE.values():
            if self.chance(0.35):
                user[name] = self.draw.choice([word for word in _WORDS if word.strip() == word])
        if self.chance(0.35):
            user["businessPhones"] = [self.draw.choice(("+49 1", "+49 2"))]
        if self.chance(0.3):
            user["onPremisesExtensionAttributes"] = {f"extensionAttribute{self.draw.randint(1, 15)}": "of the cloud"}
        if deleted:
            user["deletedDateTime"] = "2026-11-01T08:00:00Z"
        self.history(user, deleted)
        self.rank(user, deleted)
        self.cloud.append(user)

    def history(self, user: dict[str, Any], deleted: bool) -> None:
        """Anchor, state of synchronization, mapping."""
        roll = self.draw.random()
        anchor = None
        if roll < 0.5:
            anchor = self.draw.choice(self.anchors)
        elif roll < 0.65:
            anchor = base64.b64encode(self.guid().bytes_le).decode()
        # One holder of a value, dead or alive: Graph sees to the living, and two dead ones are no case of ours.
        if anchor and not self.free(f"anchor of {'the dead' if deleted else 'the living'} {anchor}"):
            anchor = None
        if anchor:
            user["onPremisesImmutableId"] = anchor
        state = self.draw.choice((None, None, None, True, False))
        if deleted:
            state = None if state is True else state
        if state is True and not anchor:
            state = None
        if state is not None:
            user["onPremisesSyncEnabled"] = state
        if state is True and anchor:
            if len(base64.b64decode(anchor)) == 16:
                # What it is for another anchor the lab invents, and nobody can know.
                user["lab"]["onPremisesObjectIdentifier"] = object_identifier(anchor)
            self.was_synced(user, anchor)
        if self.chance(0.1) and (not anchor or len(base64.b64decode(anchor)) == 16):
            other = str(self.guid())
            own = object_identifier(anchor) if anchor else other
            user["lab"]["onPremisesObjectIdentifier"] = own if self.chance(0.4) else other

    def was_synced(self, user: dict[str, Any], anchor: str) -> None:
        """What a former cycle left: AD's UPN, sometimes in quarantine."""
        position = self.anchors.index(anchor) if anchor in self.anchors else None
        upn = self.estate.users[position].text("userPrincipalName") if position is not None else None
        user["onPremisesUserPrincipalName"] = upn if upn and self.chance(0.7) else "former@contoso.com"
        if self.chance(0.2):
            user["onPremisesProvisioningErrors"] = [
                {
                    "category": "PropertyConflict",
                    "occurredDateTime": "2026-11-01T08:00:00Z",
                    "propertyCausingError": self.draw.choice(("UserPrincipalName", "ProxyAddress")),
                    "value": upn or "former@contoso.com",
                }
            ]

    def rank(self, user: dict[str, Any], deleted: bool) -> None:
        if self.chance(0.15):
            user["lab"]["roles"] = [self.draw.choice(ROLES)]
        if self.chance(0.12):
            user["lab"]["eligibleRoles"] = [self.draw.choice(ROLES)]
        # Graph shows nobody the source of authority of a user in the recycle bin.
        if self.chance(0.08) and not deleted:
            user["lab"]["isCloudManaged"] = True

    def others(self) -> None:
        """Groups and contacts of the cloud."""
        for number in range(self.draw.randint(0, 3)):
            group: dict[str, Any] = {
                "id": str(self.guid()),
                "displayName": f"Group {number}",
                "isAssignableToRole": self.chance(0.6),
                "proxyAddresses": [],
                "lab": {},
                "members": [user["id"] for user in self.cloud if self.chance(0.12)],
                "owners": [user["id"] for user in self.cloud if self.chance(0.08)],
            }
            if group["isAssignableToRole"]:
                group["roles"] = [self.draw.choice(ROLES)] if self.chance(0.5) else []
                group["eligibleRoles"] = [self.draw.choice(ROLES)] if self.chance(0.2) else []
            self.with_address("group", group)
        for number in range(self.draw.randint(0, 2)):
            contact = {"id": str(self.guid()), "displayName": f"Contact {number}", "proxyAddresses": [], "lab": {}}
            self.with_address("contact", contact)

    def with_address(self, kind: str, record: dict[str, Any]) -> None:
        address = self.address()
        if self.chance(0.7) and self.free(f"SMTP:{address}"):
            record["proxyAddresses"] = [f"SMTP:{address}"]
            record["mail"] = address
        self.estate.entries.append((kind, record["id"], record))

    def tenant(self) -> None:
        entries = self.estate.entries
        entries.append(("organization", TENANT, {"id": TENANT, "displayName": "Generated"}))
        for name in (*VERIFIED, *UNVERIFIED[:1]):
            domain = {
                "id": name,
                "isVerified": name in VERIFIED,
                "isInitial": name == "contoso.onmicrosoft.com",
                "isDefault": name == "contoso.com",
                "authenticationType": "Federated" if name.startswith("federated") else "Managed",
            }
            entries.append(("domain", name, domain))
        entries.append(("switches", "features", {name: self.chance(likely) for name, likely in SWITCHES.items()}))
        entries += [("user", user["id"], user) for user in self.cloud]
        self.estate.settings = {"anyRoleBlocksHardMatch": False, "provisionLagReads": 0}


def make(seed: int) -> Estate:
    """The estate of a seed."""
    return Maker(seed).make()
