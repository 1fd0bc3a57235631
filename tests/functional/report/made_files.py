# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Made-up plans and results of any size: every outcome, and names that people do not expect."""

from __future__ import annotations

import base64
import random
import uuid
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import Header

Record = dict[str, Any]

TENANT, DOMAIN = "5d2c1e9a-7b34-4f0e-9a61-0c8f2b7d4e10", "d975c91a-ceda-4c18-9055-d5326b7c8277"
VERDICT = (
    "Nothing was changed: 8 of 40 users are refused, and max_refused allows none. user00004@contoso.com: The cloud "
    "user has the ImmutableId of another AD user. Decide which of the two it is. 7 more users: see "
    "hard_match-plan.jsonl. Correct these users, remove them from the scope, or raise max_refused to write only the "
    "others."
)
CAVEAT = (
    "It is unknown whether password hash sync is on. If it is, the AD passwords replace the cloud passwords of these "
    "users. Set passwordSyncEnabled in tenant_switches."
)
ALLOWED = ("matched", "hard_match", "soft_match")

SHARES = {
    "hard_match": 62,
    "matched": 12,
    "soft_match": 9,
    "new_cloud_user": 5,
    "conflict": 3,
    "blocked": 3,
    "quarantine": 2,
    "invalid": 2,
    "unknown": 1,
    "type_mismatch": 1,
}
FIRST = ["Adele", "Žofie", "Jürgen", "Siobhán", "Mehmet", "Nguyễn", "Zoë", "Łukasz", "O'Neil", "José", "Ada", "Priya"]
LAST = ["Vance", "Müller", "Østergård", "de la Cruz", "Novák", "Smith-Jones", "Ó Briain", "Yılmaz", "Nakamura", "Singh"]
EVIL = "</script><script>window.owned=1</script><img src=x onerror=window.owned=1>"
SPREADSHEET = '=HYPERLINK("http://evil.example/";"Click")'

_REASONS: dict[str, list[tuple[str | None, str | None]]] = {
    "matched": [(None, None)],
    "hard_match": [(None, None)],
    "soft_match": [
        ("primary_smtp", "The primary SMTP address is that of the cloud user; a sync would set its ImmutableId."),
        ("user_principal_name", "The UPN is that of the cloud user; a sync would set its ImmutableId."),
    ],
    "new_cloud_user": [
        (None, "No cloud user has this ImmutableId, UPN or address, so a sync would create a new cloud user.")
    ],
    "conflict": [
        ("held_by_user", "The cloud user has the ImmutableId of another AD user. Decide which of the two it is."),
        (
            "held_by_nobody",
            "The cloud user has an ImmutableId that no AD object has; clear it, or set it with replace.",
        ),
    ],
    "type_mismatch": [("held_by_contact", "A contact has this address; remove it from the contact first.")],
    "blocked": [
        ("privileged_role", "The cloud user has the role Exchange Administrator; take it away for the first sync."),
        ("eligible_role", "The cloud user is eligible for the role User Administrator; end that for the first sync."),
        ("other_object_identifier", "The cloud user was matched to another AD object before; clear that value first."),
        ("formerly_synced_user", "The cloud user was synchronised once; Graph cannot change its ImmutableId."),
    ],
    "quarantine": [("upn_taken", "Another cloud user has this UPN, so the new one would get a made-up one.")],
    "invalid": [
        ("unverified_suffix", "contoso.local is not a verified domain: the UPN would be at contoso.onmicrosoft.com.")
    ],
    "unknown": [(None, "The app may not read role_eligibility, on which it hangs whether this user may be matched.")],
}


def _changes(dice: random.Random, first: str, last: str) -> list[Record]:
    rows: list[Record] = [
        {"attribute": "display_name", "cloud": f"{first} {last}", "ad": f"{last}, {first}", "effect": "overwritten"},
        {"attribute": "mobile_phone", "cloud": f"+49 170 {dice.randrange(10**7)}", "ad": None, "effect": "at_risk"},
        {"attribute": "job_title", "cloud": "Head of Sales", "ad": "Vertriebsleiter", "effect": "overwritten"},
        {"attribute": "department", "cloud": "Sales", "ad": "Vertrieb", "effect": "overwritten"},
        {
            "attribute": "proxy_addresses",
            "cloud": ["SMTP:a@contoso.com", "smtp:b@contoso.com"],
            "ad": ["SMTP:a@contoso.com"],
            "effect": "overwritten",
        },
    ]
    rows = dice.sample(rows, dice.randrange(0, 5))
    rows.append({"attribute": "password", "cloud": None, "ad": None, "effect": "password"})
    if dice.random() < 0.05:
        rows.append({"attribute": "enabled", "cloud": True, "ad": False, "effect": "disabled"})
    return rows


def _person(number: int, dice: random.Random, outcome: str) -> Record:
    first, last = dice.choice(FIRST), dice.choice(LAST)
    guid = uuid.UUID(int=dice.getrandbits(128))
    value = base64.b64encode(guid.bytes_le).decode()
    upn = f"user{number:05}@contoso.com"
    cause, reason = dice.choice(_REASONS[outcome])
    in_cloud = outcome not in ("new_cloud_user", "type_mismatch")
    cloud_id = str(uuid.UUID(int=dice.getrandbits(128)))
    is_set = outcome in ("hard_match", "soft_match")
    before = value if outcome == "matched" else "b2xkT2xkT2xkT2xkT2xkMQ==" if is_set and dice.random() < 0.1 else None
    match = {
        "outcome": outcome,
        "cause": cause,
        "causes": [cause] if cause else [],
        "reason": reason,
        "effects": _effects(number, dice) if is_set else [],
        "unknown": ["role_eligibility"] if outcome == "unknown" else [],
        "expected": "hard_match" if outcome == "unknown" else None,
        "sync_action": outcome if is_set else None,
        "overwrites": _changes(dice, first, last) if is_set else [],
        "quarantined": [],
        "future_user_principal_name": upn,
    }
    change: Record = {"cause": None, "reason": None, "immutable_id": value, "writes": [], "status": "unchanged"}
    if is_set:
        write = {"attribute": "onPremisesImmutableId", "id": cloud_id, "before": before, "after": value}
        change |= {"status": "set", "writes": [write]}
    elif outcome not in ALLOWED:
        change |= {"status": "refused", "cause": f"predicted_{outcome}", "reason": reason}
    return {
        "ad": {
            "user_principal_name": upn,
            "sam_account_name": f"user{number:05}",
            "distinguished_name": f"CN={first} {last} {number},OU=People,DC=ad,DC=contoso,DC=com",
            "object_guid": str(guid),
            "immutable_id": value,
            "enabled": dice.random() > 0.05,
        },
        "cloud": {"id": cloud_id, "user_principal_name": upn, "immutable_id": before} if in_cloud else None,
        "match": match,
        "change": change,
        "person": {"display_name": f"{first} {last}", "marks": ["unlicensed"] if number % 9 == 4 else []},
    }


def _effects(number: int, dice: random.Random) -> list[str]:
    rare = {1: "guest", 3: "addresses_removed", 7: "different_person"}.get(number % 20)
    own = ["foreign_anchor"] if dice.random() < 0.05 else []
    return [*own, *([rare] if rare else []), "password_replaced"]


def plan(count: int, seed: int = 6) -> tuple[Header, list[Record]]:
    """The header and the records of a plan for ``count`` AD users.

    From ten users on every outcome occurs. The first two users have names that attack the page and the spreadsheet.
    """
    dice = random.Random(seed)
    names = list(SHARES)
    kinds = [
        names[place] if place < len(names) else dice.choices(names, list(SHARES.values()))[0] for place in range(count)
    ]
    users = [_person(place, dice, kind) for place, kind in enumerate(kinds)]
    if count > 1:
        users[0]["ad"]["user_principal_name"] = f"{EVIL}@contoso.com"
        users[0]["match"] |= {"reason": EVIL, "cause": "x\u2028" + EVIL}
        users[0]["match"]["overwrites"].append({"attribute": EVIL, "cloud": EVIL, "ad": "\u202eltr", "effect": EVIL})
        users[1]["ad"]["user_principal_name"] = SPREADSHEET
    users += [_outside(place, dice) for place in range(max(count // 20, 1) if count else 0)]
    unread = [
        {
            "what": "role_eligibility",
            "permission": "RoleEligibilitySchedule.Read.Directory",
            "effect": "refused",
            "skipped": False,
        }
    ]
    facts = {"summary": {}, "verdict": VERDICT if count == 40 else "", "caveats": [CAVEAT], "unread": unread}
    return _header("plan", facts), users


def result(count: int) -> tuple[Header, list[Record]]:
    """The header and the records of the result of that plan; every twentieth write failed."""
    header, users = plan(count)
    written = [user for user in users if user["change"] and user["change"]["writes"]]
    for user in written[::20]:
        user["change"] |= {"status": "failed", "cause": "no_answer", "reason": "Graph did not answer.", "writes": []}
    return _header(
        "result", {**header["facts"], "verdict": "Graph did not answer for some users; make a new plan."}
    ), users


def _outside(number: int, dice: random.Random) -> Record:
    cloud = {
        "id": str(uuid.UUID(int=dice.getrandbits(128))),
        "user_principal_name": f"cloud{number}@contoso.com",
        "immutable_id": None,
    }
    person = {
        "display_name": f"Room {number}",
        "marks": ["room_mailbox"] if number % 2 == 0 else ["guest", "unlicensed"],
    }
    return {"ad": None, "cloud": cloud, "match": None, "change": None, "person": person}


def _header(kind: str, facts: Record) -> Header:
    return Header(
        version=1,
        kind=kind,
        tenant=TENANT,
        domain=DOMAIN,
        module="match_plan",
        run="20261124T091500Z-localhost-3f2a1b",
        host="localhost",
        origin={"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
        scope={"all": True},
        terms={"predict": "after_apply"},
        time="2026-11-24T09:15:30Z",
        facts=facts,
    )
