# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts and matches rolled back: which accounts stay, kills in each direction, and nothing after the first sync.

ROLLBACK_USERS and ROLLBACK_KILLS say how many; 1,000 users with 10 kills take some minutes.
"""

from __future__ import annotations

import contextlib
import os
import random
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import unit
from delegation import Accounts
from outside import Control, Directory, Entry, expected_immutable_id
from rollbacks import ANCHOR, IMMUTABLE_ID, PASSWORD, SUFFIX, UNIT, Runs, finished, names, statuses
from support.ldap_gate import LdapGate
from support.module_runs import journal_lines, seeded

COUNT = int(os.environ.get("ROLLBACK_USERS", "30"))
KILLS = int(os.environ.get("ROLLBACK_KILLS", "2"))
REMOVED, PUT_BACK = ("removed", None), ("put_back", None)
pytestmark = [pytest.mark.once, pytest.mark.usefixtures("fresh")]
MakeRuns = Callable[[int], Runs]


@pytest.fixture
def make_runs(
    lab: dict[str, Any], control: Control, directory: Directory, tmp_path: Path, fresh: None
) -> Iterator[MakeRuns]:
    directory.add_suffixes(SUFFIX)
    tls = Path(lab["ca_cert"]).parent
    with contextlib.ExitStack() as started:
        path = started.enter_context(unit(directory, UNIT))
        gate = started.enter_context(LdapGate(lab["ldap"], tls))
        yield lambda count: Runs(lab, control, directory, path, tmp_path, gate, started, names(count))


@pytest.fixture
def chance() -> random.Random:
    return seeded()


def sid_text(entry: Entry) -> str:
    raw = entry["objectsid"][0]
    parts = struct.unpack(f"<{raw[1]}I", raw[8:])
    return "-".join(map(str, ("S", raw[0], int.from_bytes(raw[2:8], "big"), *parts)))


def everything(directory: Directory, runs: Runs) -> tuple[Any, Any]:
    """All users of the domain, as they are stored, and all that the tenant holds."""
    attributes = ("objectGUID", "userAccountControl", "userPrincipalName", "displayName", ANCHOR)
    found = directory.search("(sAMAccountType=805306368)", *attributes)
    return sorted(found, key=lambda entry: entry["objectguid"]), runs.dump()


def test_whose_account_stays(make_runs: MakeRuns, control: Control, directory: Directory) -> None:
    """Each user has a reason of its own; the last one has none."""
    runs = make_runs(14)
    by_guid, by_anchor, by_sid, other, deleted, signed_in, changed, moved, renamed, cn, cloud, *more = runs.users
    parent, protected, last = more
    finished(runs.make())
    made = runs.accounts()
    finished(runs.match(write_consistency_guid="never"))
    matched, there = runs.names()[-1], runs.accounts()

    # One run that did both: the lines of the match go where those of the accounts are.
    both = runs.journal(runs.names()[0])
    both.write_bytes(both.read_bytes() + runs.journal(matched).read_bytes())
    dn = {upn: entry["dn"][0].decode() for upn, entry in there.items()}
    anchor = "BQAAAAAAAAAAAAAAAAAAAA=="
    change = "dn: {}\nchangetype: modify\nreplace: {}\n{}: {}\n"
    directory.modify(f"dn: {dn[by_anchor]}\nchangetype: modify\nadd: {ANCHOR}\n{ANCHOR}:: {anchor}\n")
    directory.modify(change.format(dn[changed], "description", "description", "Somebody's"))
    directory.modify(f"dn: {dn[moved]}\nchangetype: modrdn\nnewrdn: {dn[moved].partition(',')[0]}\n"
                     f"deleteoldrdn: 1\nnewsuperior: {directory.add_unit(f'OU=Moved,OU={UNIT}')}\n")  # fmt: skip
    directory.modify(change.format(dn[renamed], "userPrincipalName", "userPrincipalName", f"anew@{SUFFIX}"))
    directory.modify(f"dn: {dn[cn]}\nchangetype: modrdn\nnewrdn: CN=Another\ndeleteoldrdn: 1\n")
    directory.modify(f"dn: CN=Below,{dn[parent]}\nchangetype: add\nobjectClass: classStore\n")
    # As Windows protects an object from accidental deletion.
    accounts = Accounts(directory)
    accounts.delegate(runs.path, "(D;;DC;;;WD)")
    accounts.delegate(dn[protected], "(D;;SDDT;;;WD)")
    assert directory.signs_in(signed_in, PASSWORD)
    users = {user["userPrincipalName"]: user for user in runs.dump()["user"]}
    own = expected_immutable_id
    control(
        "PATCH",
        "users",
        [
            {"userPrincipalName": by_guid, "onPremisesSyncEnabled": True},
            {"userPrincipalName": cloud, IMMUTABLE_ID: "c29tZWJvZHkgZWxzZSdzIQ=="},
            {"userPrincipalName": other, IMMUTABLE_ID: None},
            {"userPrincipalName": deleted, IMMUTABLE_ID: None},
        ],
    )
    control(
        "POST",
        "users",
        [
            {"userPrincipalName": f"anchor@{SUFFIX}", "onPremisesSyncEnabled": True, IMMUTABLE_ID: anchor},
            {
                "userPrincipalName": f"sid@{SUFFIX}",
                "onPremisesSyncEnabled": True,
                "onPremisesSecurityIdentifier": sid_text(there[by_sid]),
            },
            {"userPrincipalName": f"other@{SUFFIX}", IMMUTABLE_ID: own(made[other])},
        ],
    )
    before = everything(directory, runs)
    wanted = {
        by_guid: ("refused", "synced_user"),
        by_anchor: ("refused", "changed_since"),
        by_sid: ("refused", "synchronised"),
        other: ("refused", "has_cloud_user"),
        deleted: REMOVED,
        signed_in: ("disabled", "signed_in"),
        changed: ("refused", "changed_since"),
        moved: ("refused", "changed_since"),
        cn: ("refused", "changed_since"),
        cloud: ("refused", "changed_since"),
        parent: ("refused", "has_children"),
        protected: ("refused", "not_permitted"),
        last: REMOVED,
        f"anew@{SUFFIX}": ("refused", "renamed_since"),
    }
    looked = runs.roll_back(runs.names()[0], check_mode=True, max_refused="100%").result()
    assert statuses(looked) == wanted, looked["table"]
    unlimited = runs.roll_back(runs.names()[0]).result()
    assert "11 of 14 users are refused, and max_refused allows 0" in unlimited["verdict"]
    assert everything(directory, runs) == before

    result = runs.roll_back(runs.names()[0], max_refused="11").result()
    assert (statuses(result), result["verdict"]) == (wanted, "")
    assert result["diff"] == looked["diff"]
    left = runs.accounts()
    assert set(made) - set(left) == {deleted, last, renamed}
    assert left[signed_in]["useraccountcontrol"] == [b"514"]
    gone = {deleted, last, signed_in}
    after = {user["userPrincipalName"]: user for user in runs.dump()["user"]}
    for upn in set(runs.users) - {cloud, other}:
        assert after[upn].get(IMMUTABLE_ID) == (None if upn in gone else users[upn][IMMUTABLE_ID]), upn
    assert runs.roll_back(runs.names()[0], max_refused="11").result()["changed"] is False


def test_an_anchor_alone_ties_a_synchronised_user(make_runs: MakeRuns, control: Control, directory: Directory) -> None:
    """The run wrote mS-DS-ConsistencyGuid, and a user of another name is synchronised by it, and by nothing else."""
    runs = make_runs(2)
    finished(runs.make())
    anchors = dict(zip(runs.users, (f"{letter}QAAAAAAAAAAAAAAAAAAAA==" for letter in "BC"), strict=True))
    control("PATCH", "users", [{"userPrincipalName": upn, IMMUTABLE_ID: value} for upn, value in anchors.items()])
    finished(runs.match(write_consistency_guid="from_cloud"))
    made, stamped = runs.names()
    both = runs.journal(made)
    both.write_bytes(both.read_bytes() + runs.journal(stamped).read_bytes())
    tied, free = runs.users
    control(
        "PATCH",
        "users",
        [{"userPrincipalName": tied, "onPremisesSyncEnabled": True}, {"userPrincipalName": free, IMMUTABLE_ID: None}],
    )
    before = everything(directory, runs)
    result = runs.roll_back(made).result()
    assert statuses(result) == {tied: ("refused", "synchronised"), free: REMOVED}
    assert everything(directory, runs) == before
    assert runs.roll_back(made, max_refused="1").result()["verdict"] == ""
    assert set(runs.accounts()) == {tied}


def test_entra_cannot_be_asked(make_runs: MakeRuns, control: Control, directory: Directory) -> None:
    runs = make_runs(3)
    finished(runs.make())
    before = everything(directory, runs)
    assert runs.roll_back(authority="https://localhost:9").result()["cause"] == "connection_refused"
    assert runs.roll_back(secret="wrong").result()["cause"] == "invalid_secret"
    control("PUT", "settings", {"faults": [{"method": "GET", "path": "^/users", "status": 403, "count": 1000}]})
    refused = runs.roll_back().result()
    assert refused["failed"], refused
    control("PUT", "settings", {"faults": []})
    assert everything(directory, runs) == before
    assert finished(runs.roll_back())["summary"]["removed"] == 3


def test_from_an_empty_unit_to_matches_and_back_with_kills_in_each_direction(
    make_runs: MakeRuns, directory: Directory, chance: random.Random
) -> None:
    runs = make_runs(COUNT)
    before = everything(directory, runs)
    step = max(1, COUNT // (KILLS + 1))
    for number in range(KILLS):
        carried_out = number % 2 == 0
        writes = chance.randrange(step)
        runs.hold_ad(writes, carried_out)
        runs.kill_in_ad(runs.make(), writes, carried_out)
    finished(runs.make())
    for number in range(KILLS):
        carried_out = number % 2 == 1
        writes = chance.randrange(step)
        runs.hold_entra(writes, carried_out)
        runs.kill_in_entra(runs.match(), writes, carried_out)
    finished(runs.match())
    assert runs.is_all_matched()

    kills: Counter[bool] = Counter()
    # A run that found nothing left to do has no journal.
    written = [run for run in runs.names() if runs.journal(run).exists()]
    for run in reversed(written):
        in_entra = any(line["attribute"] == IMMUTABLE_ID for line in journal_lines(runs.journal(run)))
        for number in range(2):
            if kills[in_entra] < KILLS:
                kills[in_entra] += _kill_back(runs, run, in_entra, chance.randrange(step), carried_out=number % 2 == 0)
        finished(runs.roll_back(run))
        assert finished(runs.roll_back(run))["changed"] is False
    assert kills[False] > 0
    assert everything(directory, runs) == before
    for run in written:
        assert {line["outcome"] for line in journal_lines(runs.journal(run))} <= {"written", "aborted"}


def _kill_back(runs: Runs, run: str, in_entra: bool, writes: int, carried_out: bool) -> int:
    """Kill a rollback at a write, if there are so many left; return 1 if it was killed."""
    left = finished(runs.roll_back(run, check_mode=True))["summary"]
    if left["removed"] + left["put_back"] <= writes:
        return 0
    (runs.hold_entra if in_entra else runs.hold_ad)(writes, carried_out)
    (runs.kill_in_entra if in_entra else runs.kill_in_ad)(runs.roll_back(run), writes, carried_out)
    return 1


def test_after_the_first_sync_everybody_is_refused_and_nothing_changes(
    make_runs: MakeRuns, control: Control, directory: Directory
) -> None:
    runs = make_runs(COUNT)
    finished(runs.make())
    finished(runs.match())
    there = runs.accounts()
    # As the sync leaves them: synchronised, with the security identifier of the account.
    control(
        "PATCH",
        "users",
        [
            {
                "userPrincipalName": upn,
                "onPremisesSyncEnabled": True,
                "onPremisesSecurityIdentifier": sid_text(there[upn]),
            }
            for upn in runs.users
        ],
    )
    before = everything(directory, runs)
    for run in runs.names():
        result = runs.roll_back(run, max_refused="100%").result()
        assert {status for status, _cause in statuses(result).values()} == {"refused"}
        assert result["changed"] is False
        assert f"{COUNT:,} of {COUNT:,} users are refused" in runs.roll_back(run).result()["verdict"]
    assert everything(directory, runs) == before
