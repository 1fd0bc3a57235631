# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: the chain on a lab of its own, twice, a line for each stage, and a table of what became of each user.

It leaves the table and the report of the first plan in .cache/demo, for people and for `make pictures`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import connect_server, emulator, estate, playbook, processes
from ..errors import LabError
from ..steps import Steps
from .stages import Chain
from .table import Run, table

LOG = estate.ROOT / ".cache" / "demo.log"
FOLDER = estate.ROOT / ".cache" / "demo"
TABLE, REPORT = FOLDER / "table.txt", FOLDER / "report.html"
STAGES = ["ad_domain", "upn_suffixes", "accounts", "hard_match"]
# A hard match leaves out administrators, and users who belong to the cloud or to another directory. If the sync saw
# their accounts, it would create second users for them. So these accounts go to an OU that the sync leaves out.
KEPT_OUT = [
    f"{name}@contoso.com"
    for name in ("carla.admin", "greta.leser", "jonas.weber", "mia.cloud", "nina.krause", "omar.haddad")
]


def run(state: Path) -> int:
    """Bring a lab up, run the chain twice, take the lab down whatever happens, and print the table.

    Returns the exit code: 1 if the second run changed something. Raises LabError, and does nothing if a lab is up or a
    port is taken.
    """
    estate.require_none(state)
    log = _new_log()
    steps = Steps(sys.stdout)
    steps.say(f"The full output goes to {log}")
    try:
        first, second, before, after = _both_runs(state, log, steps)
    except BaseException as error:
        steps.end("failed" if isinstance(error, Exception) else "stopped")
        _add_logs(state, log)
        if isinstance(error, LabError):
            raise LabError(f"{playbook.last_lines_of(str(error))}\nThe full output is in {log}") from None
        raise
    finally:
        with processes.undisturbed():
            steps.say("\nEnd")
            steps.begin("lab")
            estate.down(state)
            steps.end("stopped and removed")
    return _report(first, second, before, after)


def _both_runs(state: Path, log: Path, steps: Steps) -> tuple[Run, Run, list[dict[str, Any]], list[dict[str, Any]]]:
    """Both runs, and the users of the tenant before and after them."""
    steps.say("\nStart: a domain with no people in it, and a tenant with users (both on this machine)")
    lab = estate.up(state, people=False, log=log, steps=steps)
    before = _tenant(lab)
    steps.say("\nFirst run of the playbook hybrid.identity.site")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(mode=0o700)
    first = _chain(state, "first", log, steps, {"hard_match_report": {"html": str(REPORT)}})
    steps.say("\nSecond run, which should change nothing")
    second = _chain(state, "second", log, steps)
    return first, second, before, _tenant(lab)


def _report(first: Run, second: Run, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> int:
    print()
    lines = "\n".join(table(first, second, before, estate.SUFFIXES))
    TABLE.write_text(f"{lines}\n", "utf-8")
    print(lines)
    print(f"\nThe report of the first run's plan is {REPORT.relative_to(estate.ROOT)}. Open it in a browser.")
    for path in (FOLDER, TABLE, REPORT):
        _give_to_owner(path)
    print(f"\nSynchronised users in Entra ID: {_synchronised(before)} before, {_synchronised(after)} now.")
    if second.changed:
        print(f"The second run should have changed nothing. It changed something in: {', '.join(second.changed)}.")
        return 1
    print("The second run changed nothing.")
    return 0


def _synchronised(users: Sequence[dict[str, Any]]) -> int:
    return sum(1 for user in users if user.get("onPremisesSyncEnabled") and "deletedDateTime" not in user)


def _new_log() -> Path:
    """An empty log that belongs to the owner of the clone, who may have used sudo."""
    LOG.parent.mkdir(exist_ok=True)
    LOG.unlink(missing_ok=True)
    LOG.touch()
    _give_to_owner(LOG)
    return LOG


def _give_to_owner(path: Path) -> None:
    owner = estate.ROOT.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def _add_logs(state: Path, log: Path) -> None:
    """Add what the lab's services logged, since the folder of the lab is about to be removed."""
    with log.open("ab") as output:
        for service in (state / "emulator.log", state / "dc" / "log" / "samba.log"):
            if service.exists():
                output.write(f"\n==== {service}\n".encode() + service.read_bytes())


def _tenant(lab: dict[str, Any]) -> list[dict[str, Any]]:
    """The users of the tenant, the deleted ones too."""
    return list(emulator.control(lab["graph_url"], Path(lab["ca_cert"]), "GET", "dump")["user"])


def _chain(state: Path, name: str, log: Path, steps: Steps, more: Mapping[str, Any] | None = None) -> Run:
    """One run of the chain. Without PowerShell the lab runs the cycle, and the check in Entra ID is the same."""
    runs = state / f"{name}-runs"
    runs.mkdir(mode=0o700)
    # Some of the tenant's users cannot be matched, and are there to show that. The others are matched all the same.
    common: dict[str, Any] = {
        "hybrid_identity_max_refused": "100%",
        # The cycle takes those who are refused too.
        "sync_unmatched": "warn",
        "hybrid_identity_run_folder": str(runs),
    }
    kept_out = {"user_principal_name": KEPT_OUT, "path": f"OU=Service Accounts,{estate.read(state)['ldap']['base_dn']}"}
    site = {**common, **(more or {}), "accounts_path_by": [kept_out]}
    lacking = connect_server.lacking()
    stages = STAGES if lacking else [*STAGES, "sync"]
    changed = _play(state, "site", {**site, "hybrid_identity_stages": stages}, log, Chain(steps))
    if lacking:
        steps.begin("sync")
        connect_server.run_cycle(state)
        steps.end(f"run by the lab, not by the module adsync_cycle: {lacking}")
        changed += _play(state, "sync", {**common, "sync_cycle": "never"}, log, Chain(steps, "check"))
    # Without PowerShell there are two runs. The name of a run begins with its time.
    folders = sorted(path for path in runs.iterdir() if path.is_dir())
    accounts = _ad_users(folders[0] / "accounts-result.jsonl", "change")
    matched = _ad_users(folders[0] / "hard_match-result.jsonl", "change")
    proof = _ad_users(folders[-1] / "proof.jsonl", "sync")
    return Run(accounts, matched, proof, changed)


def _ad_users(path: Path, stage: str) -> list[dict[str, Any]]:
    """The AD users in a file of a run, each with its name and what the stage says of it."""
    records = map(json.loads, path.read_text("utf-8").splitlines())
    return [{**record["ad"], **record[stage]} for record in records if record.get("ad")]


def _play(state: Path, name: str, variables: dict[str, Any], log: Path, chain: Chain) -> list[str]:
    """Run a playbook of the collection and return the names of the tasks that changed something."""
    arguments = ("--diff", "--extra-vars", json.dumps(variables))
    events = playbook.run(f"hybrid.identity.{name}", state / "inventory.yml", log, *arguments, on_event=chain.take)
    return [event["task"] for event in events if event.get("changed") and event["event"] == "result"]
