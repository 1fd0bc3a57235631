# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a preflight of the lab: all its files agree with the directory and with each other."""

from __future__ import annotations

import csv
import re
import stat
from collections import Counter
from pathlib import Path

import pytest
from outside import Control, Directory, Graph

from playbooks import Ansible

SUFFIXES = ["contoso.com", "fabrikam.com"]
ANNA = "anna.berg@contoso.com"
KINDS = ("html", "csv", "markdown")


def paths(folder: Path) -> dict[str, str]:
    return {kind: str(folder / f"preflight.{kind}") for kind in KINDS}


@pytest.mark.parametrize("playbook", ["preflight", "hard_match"])
@pytest.mark.usefixtures("fresh")
def test_the_files_agree(ansible: Ansible, graph: Graph, directory: Directory, tmp_path: Path, playbook: str) -> None:
    before = graph.users()
    report = paths(tmp_path)
    variables = {"hard_match_report": report, "hybrid_identity_scope": {"upn_suffixes": SUFFIXES}}
    run = ansible.playbook(f"hybrid.identity.{playbook}", variables=variables)
    # The seed has users whose outcome hard_match does not allow: it stops, and the report says why.
    assert (run.code == 0) == (playbook == "preflight"), run.failure
    assert run.recap()["changed"] == 0
    assert graph.users() == before

    for path in report.values():
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    users = run.users("plan")
    facts = run.header("plan")["facts"]
    cloud_only = facts["summary"]["cloud_only"]
    assert facts["names"]["tenant"].endswith(".onmicrosoft.com")
    assert (
        f",DC={facts['names']['domain'].replace('.', ',DC=')}" in next(iter(users.values()))["ad"]["distinguished_name"]
    )
    # Samba's schema has nothing of Exchange.
    assert facts["has_exchange"] is False
    found = {name.lower() for name in users}
    everybody = {
        entry["userprincipalname"][0].decode().lower()
        for entry in directory.search("(&(objectClass=user)(userPrincipalName=*))", "userPrincipalName")
    }
    assert found == {upn for upn in everybody if upn.rpartition("@")[2] in SUFFIXES}

    outcomes = Counter(user["match"]["outcome"] for user in users.values())
    assert {"blocked", "conflict", "quarantine"} <= set(outcomes)
    assert "unknown" not in outcomes
    counted = {key: count for key, count in facts["summary"]["outcomes"].items() if count}
    assert counted == {**outcomes, "total": len(users)}
    with open(report["csv"], encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    assert Counter(row["outcome"] for row in rows) == outcomes + Counter(cloud_only=cloud_only)
    assert {row["id"] for row in rows if row["outcome"] == "conflict"} <= {user["id"] for user in before.values()}

    page = Path(report["html"]).read_text("utf-8")
    counts = dict(re.findall(r'data-outcome="(\w+)".*?class="count">([\d,]+)<', page))
    assert {key: int(count) for key, count in counts.items() if count != "0"} == {
        **outcomes,
        "cloud_only": cloud_only,
    }
    summary = Path(report["markdown"]).read_text("utf-8")
    assert f"| Conflict | {outcomes['conflict']} |" in summary
    # What no app may read.
    assert "OnPremDirectorySynchronization.Read.All" in summary
    assert "OnPremDirectorySynchronization.Read.All" in page


@pytest.mark.usefixtures("fresh")
def test_the_history_of_an_account_that_seems_to_be_somebody_elses(
    ansible: Ansible, control: Control, directory: Directory, tmp_path: Path
) -> None:
    (entry,) = directory.search(f"(userPrincipalName={ANNA})", "whenCreated")
    dn, created = entry["dn"][0].decode(), entry["whencreated"][0].decode()
    change = "dn: {0}\nchangetype: modify\n{1}: employeeID\n{2}"
    directory.modify(change.format(dn, "replace", "employeeID: 4711\n"))
    control("PATCH", "users", [{"userPrincipalName": ANNA, "employeeId": "4712"}])
    report = paths(tmp_path)
    try:
        run = ansible.playbook(
            "hybrid.identity.preflight",
            variables={"hard_match_report": report, "hybrid_identity_scope": {"users": [ANNA]}},
        )
    finally:
        directory.modify(change.format(dn, "delete", ""))
    assert run.code == 0, run.failure
    (user,) = run.users("plan").values()
    assert "different_person" in user["match"]["effects"]
    account = user["person"]["account"]
    assert account["organizational_unit"] == dn.partition(",")[2]
    assert re.sub(r"[-:TZ]", "", account["created"]) == created.partition(".")[0]
    # Samba has it only in binary.
    assert account["created"] <= account["upn_changed"] <= run.header("plan")["time"]
    with open(report["csv"], encoding="utf-8-sig", newline="") as source:
        row = next(row for row in csv.DictReader(source) if row["user_principal_name"].lower() == ANNA)
    assert row["upn_changed"] == account["upn_changed"].replace("T", " ").replace("Z", " UTC")


@pytest.mark.usefixtures("fresh")
def test_a_wrong_path_stops_the_role_before_any_write(ansible: Ansible, graph: Graph, tmp_path: Path) -> None:
    before = graph.users()
    variables = {
        "hard_match_report": {"html": str(tmp_path / "nowhere" / "x.html")},
        "hybrid_identity_max_refused": "100%",
    }
    run = ansible.playbook("hybrid.identity.hard_match", variables=variables)
    assert run.code != 0
    assert f"there is no folder {tmp_path}/nowhere. Create it first." in re.sub(r"\s+", " ", run.output)
    assert graph.users() == before
