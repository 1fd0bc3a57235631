# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on the embedded estate, twice, and a table of what became of each user."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import connect_server, emulator, estate
from .dc import LabError, ansible_playbook

STAGES = ["domain", "suffixes", "accounts", "hard_match", "sync"]
# A sync matches no administrator, nor who stays with the cloud or with another directory. An account of theirs in its
# scope would become a second user, so theirs are made where this one does not look (lab.connect_server).
KEPT_OUT = [
    f"{name}@contoso.com"
    for name in ("carla.admin", "greta.leser", "jonas.weber", "mia.cloud", "nina.krause", "omar.haddad")
]
ACCOUNT_WORDS = {
    "created": "account made",
    "updated": "account changed",
    "unchanged": "account there already",
    "refused": "account refused",
    "failed": "account failed",
}
MATCH_WORDS = {
    "set": "matched",
    "unchanged": "already matched",
    "not_found": "not found",
    "refused": "refused",
    "failed": "failed",
}


def run(state: Path) -> int:
    """Bring the estate up, run the chain twice, show the table, take the estate down in every ending."""
    print("== A Samba domain with nobody in it, and an emulated Entra tenant", flush=True)
    try:
        lab = estate.up(state, people=False)
        lacking = connect_server.lacking()
        before = _tenant(lab)
        first = _chain(state, "first", "== The chain: hybrid.identity.site --diff", lacking)
        second = _chain(state, "second", "== The same again: nothing is left to do", lacking)
        after = _tenant(lab)
    finally:
        estate.down(state)
        print("== The estate is down", flush=True)
    synchronised = sum(1 for user in after if user.get("onPremisesSyncEnabled") and "deletedDateTime" not in user)
    print("\n".join(table(first, second, before)))
    print(f"\nIn Entra now: {synchronised} users with onPremisesSyncEnabled: true.")
    if lacking:
        print(f"The cycle was run by the lab itself, not by adsync_cycle: {lacking}.")
    if second["changed"]:
        print(f"The second run should have changed nothing, and did in: {', '.join(second['changed'])}.")
        return 1
    return 0


def _tenant(lab: dict[str, Any]) -> list[dict[str, Any]]:
    """The users of the tenant, the deleted ones too."""
    return list(emulator.control(lab["graph_url"], Path(lab["ca_cert"]), "GET", "dump")["user"])


def table(first: dict[str, Any], second: dict[str, Any], before: Sequence[dict[str, Any]]) -> list[str]:
    """Counts by outcome for both runs, then who was left alone, and why. `before`: the tenant before the first run."""
    lines = ["", f"{'':<28}{'first run':>10}{'second run':>12}"]
    made = [Counter(user["status"] for user in run_["accounts"]) for run_ in (first, second)]
    lines += [*_rows(made, list(ACCOUNT_WORDS.items())), ""]
    matched = [Counter(user["status"] for user in run_["users"]) for run_ in (first, second)]
    proven = [Counter(user["status"] for user in run_["proof"]) for run_ in (first, second)]
    lines += _rows(matched, list(MATCH_WORDS.items()))
    statuses = sorted({*proven[0], *proven[1]} - {"skipped"}, key=lambda status: (status != "verified", status))
    lines += ["", *_rows(proven, [(status, f"in Entra: {status}") for status in statuses]), ""]
    asked = {_name(user).lower() for user in first["accounts"]}
    left = [
        ("no account wanted", {"user_principal_name": user["userPrincipalName"], "reason": _not_asked(user)})
        for user in before
        if user["userPrincipalName"].lower() not in asked
    ]
    left += [
        (ACCOUNT_WORDS[user["status"]], user) for user in first["accounts"] if user["status"] in ("refused", "failed")
    ]
    left += [
        (MATCH_WORDS[user["status"]], user) for user in second["users"] if user["status"] not in ("set", "unchanged")
    ]
    left += [(user["status"], user) for user in second["proof"] if user["status"] not in ("verified", "skipped")]
    lines += [
        f"{word}: {_name(user)}: {user['reason']}"
        for word, user in sorted(left, key=lambda row: (row[0], _name(row[1])))
    ]
    return lines


def _not_asked(user: dict[str, Any]) -> str:
    """Why accounts_domains and the defaults of the role do not choose a user of the tenant."""
    if "deletedDateTime" in user:
        return "is in the recycle bin."
    if user.get("userType") == "Guest":
        return "is a guest."
    if user.get("onPremisesSyncEnabled") is not None:
        return "is synchronised already." if user["onPremisesSyncEnabled"] else "was synchronised once."
    return f"is of none of the domains {', '.join(estate.SUFFIXES)}."


def _rows(counts: Sequence[Counter[str]], words: Sequence[tuple[str, str]]) -> list[str]:
    return [
        f"{word:<28}{counts[0][status]:>10}{counts[1][status]:>12}"
        for status, word in words
        if counts[0][status] or counts[1][status]
    ]


def _name(user: dict[str, Any]) -> str:
    return str(user.get("user_principal_name") or user.get("distinguished_name") or user.get("identity"))


def _chain(state: Path, name: str, title: str, lacking: str) -> dict[str, Any]:
    """One run of the chain; without a PowerShell the lab runs the cycle, and the proof in Entra is the same."""
    print(f"\n{title}", flush=True)
    accounts, matched, proof = (state / f"{name}-{stage}.json" for stage in ("accounts", "match", "proof"))
    # Some of the seed's users cannot be matched, and are there to show it: the others are matched all the same.
    skip: dict[str, Any] = {"hard_match_on_refused": "skip", "sync_result_file": str(proof)}
    files = {"accounts_result_file": str(accounts), "hard_match_result_file": str(matched)}
    apart = {"user_principal_name": KEPT_OUT, "path": f"OU=Service Accounts,{estate.read(state)['ldap']['base_dn']}"}
    stages = {"hybrid_identity_stages": STAGES, "accounts_path_by": [apart]}
    changed = _play(state, "hybrid.identity.site", {**skip, **stages, **files})
    if lacking:
        print(f"\n== The lab runs the synchronisation cycle by itself: {lacking}", flush=True)
        connect_server.run_cycle(state)
        changed += _play(state, "hybrid.identity.sync", {**skip, "sync_cycle": "never"})
    return {
        "accounts": json.loads(accounts.read_text("utf-8"))["users"],
        "users": json.loads(matched.read_text("utf-8"))["users"],
        "proof": json.loads(proof.read_text("utf-8"))["users"],
        "changed": changed,
    }


def _play(state: Path, playbook: str, variables: dict[str, Any]) -> list[str]:
    """Run a playbook, showing what it prints, and return the names of the tasks that changed something."""
    command = [ansible_playbook(), "--inventory", str(state / "inventory.yml"), playbook, "--diff"]
    process = subprocess.Popen(
        [*command, "--extra-vars", json.dumps(variables)],
        env={**os.environ, "ANSIBLE_NOCOWS": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "ANSIBLE_FORCE_COLOR": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = []
    with process:
        for line in process.stdout:
            print(line, end="", flush=True)
            output.append(line)
    if process.returncode:
        raise LabError(f"ansible-playbook ended with {process.returncode}; its output is above.")
    text = "".join(output)
    if "PLAY RECAP" not in text:
        raise LabError("ansible-playbook printed no recap, so nothing was run.")
    changed = [part.partition("]")[0] for part in text.split("\nTASK [") if "\nchanged: [" in part]
    # What the recap counts and what was seen must be the same, or the one below means nothing.
    counted = sum(int(count) for count in re.findall(r"changed=(\d+)", text))
    if counted != len(changed):
        raise LabError(f"The recap counts {counted} changes, but {len(changed)} were seen.")
    return changed
