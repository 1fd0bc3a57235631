# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users whom earlier runs wrote, and who are neither proven nor cleared since."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import JournalEntry, Line
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.earlier_runs import (
    EarlierRun,
    describe_unproven,
    find_unproven,
)

TENANT = "9d1c7f0a-53c4-4b8e-8f0e-2f6a1d7c4e11"
OTHER = "00000000-53c4-4b8e-8f0e-2f6a1d7c4e11"
PROPERTY = "onPremisesImmutableId"


def line(
    key: str,
    after: str | None = "x",
    outcome: str = "written",
    attribute: str = PROPERTY,
    place: tuple[str, str] = ("tenant", TENANT),
) -> Line:
    entry = JournalEntry(key, f"{key}@contoso.com", attribute, None, after, place)
    return Line("2026-11-24T10:00:00.000000Z", "run", (), entry, outcome, 0)


def run(name: str, *lines: Line, proof: tuple[Any, ...] = (), is_ours: bool = True) -> EarlierRun:
    return EarlierRun(name, is_ours, lines, lambda: proof)


def proof(key: str, value: str | None = "x", status: str = "verified") -> dict[str, Any]:
    return {"cloud": {"id": key}, "sync": {"status": status, "immutable_id": value}}


def left(*runs: EarlierRun) -> list[tuple[str, str]]:
    return [(each.name.partition("@")[0], each.run.name) for each in find_unproven(runs, TENANT, [])]


def test_a_user_stays_open_until_the_value_is_proven_or_cleared() -> None:
    assert left(run("1", line("a"), line("b"), line("c"))) == [("a", "1"), ("b", "1"), ("c", "1")]
    proven = run("1", line("a"), line("b"), line("c"), proof=(proof("a"),))
    assert left(proven, run("2", line("b", None))) == [("c", "1")]


@pytest.mark.parametrize("outcome", ["pending", "unknown"])
def test_what_a_killed_run_left_open_counts_as_written_and_not_as_cleared(outcome: str) -> None:
    assert left(run("1", line("a", outcome=outcome))) == [("a", "1")]
    assert left(run("1", line("a")), run("2", line("a", None, outcome))) == [("a", "1")]


@pytest.mark.parametrize("outcome", ["refused", "aborted"])
def test_what_had_no_effect_opens_and_clears_nobody(outcome: str) -> None:
    assert left(run("1", line("a", outcome=outcome))) == []
    assert left(run("1", line("a")), run("2", line("a", None, outcome))) == [("a", "1")]


@pytest.mark.parametrize(
    "record", [proof("a", "y"), proof("a", status="pending"), proof("b"), {"cloud": None, "sync": None}]
)
def test_a_proof_of_something_else_proves_nothing(record: dict[str, Any]) -> None:
    assert left(run("1", line("a"), proof=(record,))) == [("a", "1")]


def test_a_proof_is_older_than_what_a_later_run_writes() -> None:
    assert left(run("1", line("a"), proof=(proof("a"),)), run("2", line("a", "y"))) == [("a", "2")]


def test_a_later_run_proves_what_an_earlier_one_wrote() -> None:
    assert left(run("1", line("a")), run("2", line("b"), proof=(proof("a"), proof("b")))) == []


def test_other_tenants_attributes_and_directories_do_not_matter() -> None:
    others = (
        line("a", place=("tenant", OTHER)),
        line("b", attribute="recycleBin"),
        line("c", attribute="mS-DS-ConsistencyGuid", place=("domain", TENANT)),
    )
    assert left(run("1", *others)) == []
    assert left(run("1", line("a", place=("tenant", TENANT.upper())))) == [("a", "1")]


def test_a_run_of_another_host_clears_and_opens_nobody_here() -> None:
    assert left(run("1", line("a")), run("2", line("a", None), line("b"), is_ours=False)) == []


def test_no_proof_is_read_if_nobody_is_open() -> None:
    def never() -> Any:
        raise AssertionError

    assert find_unproven([EarlierRun("1", True, (line("a", None),), never)], TENANT, []) == []


def test_the_sentence_names_the_first_five_and_their_runs() -> None:
    assert describe_unproven([]) == ""
    found = find_unproven([run("r1", *(line(f"u{number}") for number in range(7)))], TENANT, [])
    said = describe_unproven(found)
    assert said.startswith("7 users of earlier runs are neither proven nor cleared: u0@contoso.com (run r1), ")
    assert "u4@contoso.com (run r1) and 2 more. Set sync_run" in said
