# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that a hard match can be asked for: bare ldap3 and httpx, no checks, no retries, no output.

    python tests/bench/floor.py LAB_JSON SEARCH_BASE

One paged search, one paged listing, one PATCH for each user whose value differs: 20 in a batch, BATCHES in flight.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
from pathlib import Path
from typing import Any

import httpx
import ldap3

BATCHES = 4
PAGE, BATCH = 999, 20


def anchors(ldap: dict[str, Any], base: str) -> dict[str, str]:
    """ImmutableIds by UPN in lower case."""
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ldap["ca_cert"])
    server = ldap3.Server(ldap["server"], port=ldap["port"], use_ssl=True, tls=tls, get_info=ldap3.NONE)
    found: dict[str, str] = {}
    cookie = None
    with ldap3.Connection(server, ldap["username"], ldap["password"], check_names=False) as connection:
        while True:
            connection.search(
                base,
                "(&(sAMAccountType=805306368)(userPrincipalName=*))",
                attributes=["userPrincipalName", "objectGUID", "mS-DS-ConsistencyGuid"],
                paged_size=1000,
                paged_cookie=cookie,
            )
            for entry in connection.response:
                if "raw_attributes" in entry:
                    raw = entry["raw_attributes"]
                    anchor = (raw["mS-DS-ConsistencyGuid"] or raw["objectGUID"])[0]
                    found[raw["userPrincipalName"][0].decode().lower()] = base64.b64encode(anchor).decode()
            cookie = connection.result["controls"]["1.2.840.113556.1.4.319"]["value"]["cookie"]
            if not cookie:
                return found


async def write(lab: dict[str, Any], wanted: dict[str, str]) -> None:
    context = ssl.create_default_context(cafile=lab["ca_cert"])
    async with httpx.AsyncClient(verify=context, base_url=lab["graph_url"], timeout=120) as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": lab["client_id"],
            "client_secret": lab["secret"],
            "scope": f"{lab['graph_url']}/.default",
        }
        token = (await client.post(f"/{lab['tenant']}/oauth2/v2.0/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        link = f"/v1.0/users?$select=id,userPrincipalName,onPremisesImmutableId&$top={PAGE}"
        changes: list[tuple[str, str]] = []
        while link:
            page = (await client.get(link)).raise_for_status().json()
            for user in page["value"]:
                value = wanted.get(user["userPrincipalName"].lower())
                if value and user["onPremisesImmutableId"] != value:
                    changes.append((user["id"], value))
            link = page.get("@odata.nextLink", "")
        batches = iter([changes[start : start + BATCH] for start in range(0, len(changes), BATCH)])

        async def sender() -> None:
            for batch in batches:
                requests = [
                    {
                        "id": str(number),
                        "method": "PATCH",
                        "url": f"/users/{key}",
                        "headers": {"Content-Type": "application/json"},
                        "body": {"onPremisesImmutableId": value},
                    }
                    for number, (key, value) in enumerate(batch)
                ]
                answer = (await client.post("/v1.0/$batch", json={"requests": requests})).raise_for_status().json()
                if any(reply["status"] != 204 for reply in answer["responses"]):
                    raise SystemExit(f"A write was refused: {answer['responses']}")

        await asyncio.gather(*(sender() for _number in range(BATCHES)))


def main() -> None:
    lab = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    asyncio.run(write(lab, anchors(lab["ldap"], sys.argv[2])))


if __name__ == "__main__":
    main()
