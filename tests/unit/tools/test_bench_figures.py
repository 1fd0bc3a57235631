# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's arithmetic and its tables: a goal must not be met by a slip of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench import base, figures, table
from bench.figures import (
    FIRST,
    FLOOR_FIRST,
    FLOOR_SECOND,
    MEGABYTE,
    PEER_READ,
    PEER_WRITE,
    SECOND,
    Figure,
    Goal,
    Quota,
)
from bench.playbook import Task
from bench.processes import ProgramFailed
from bench.runs import Spent

TENANT = {10_000: 10_053, 50_000: 50_053}
DUE = {10_000: 1045, 50_000: 5045}


def site(**seconds: float) -> list[Figure]:
    """10,000 users in 9 s, where the floor takes 4 s; 50,000 in 45 s and then in 15 s, where it takes 20 s and 8 s."""
    times = {"first": 9.0, "large": 45.0, "second": 15.0, "memory": 200.0, "other": 100.0, "loop": 35.0, **seconds}
    module, other = (int(times[name] * MEGABYTE) for name in ("memory", "other"))
    return [
        Figure(FIRST, 10_000, times["first"], int(times.get("asked", 1045)), 10_000),
        Figure(SECOND, 10_000, 8.0, int(times.get("requests", 11)), int(times.get("writes", 0))),
        Figure(FLOOR_FIRST, 10_000, 4.0, 511, 10_000),
        Figure(FIRST, 50_000, times["large"], 5045, 50_000, module_memory=module),
        Figure(SECOND, 50_000, times["second"], 51, other_memory=other),
        Figure(FLOOR_FIRST, 50_000, 20.0, 2551, 50_000),
        Figure(FLOOR_SECOND, 50_000, 8.0, 51),
        Figure(PEER_WRITE, 50, times["loop"], 51, 50),
        Figure(PEER_READ, 10_000, 20.0),
    ]


def goal(found: list[Goal], name: str) -> Goal:
    return next(each for each in found if each.name == name)


def test_goals_that_are_just_met_are_met() -> None:
    # A bit less than what the goal allows; who divides by floats may land on either side of it.
    just = site(first=11.999, large=49.999, second=19.999, memory=299.9, other=299.9)
    found = figures.goals(just, TENANT, DUE, Quota(10_000, 0.95, 0, 7, 50.0))
    assert [each.name for each in found if each.missed_by] == []
    assert len(found) == 13


@pytest.mark.parametrize(
    ("wrong", "name", "measured", "missed_by"),
    [
        ({"first": 14.0}, "whole role, first run, 10,000 users", "3.50 x", "by 2.0 s"),
        ({"large": 54.0}, "whole role, first run, 50,000 users", "2.70 x", "by 4.0 s"),
        ({"second": 24.0}, "whole role, second run, 50,000 users", "3.00 x", "by 4.0 s"),
        ({"large": 54.0}, "time per user, 50,000 to 10,000", "1.20 x", "by 0.05 x"),
        ({"memory": 480}, "largest process, 50,000 users", "480 MB", "by 180 MB"),
        ({"other": 310}, "largest process, 50,000 users", "310 MB", "by 10 MB"),
        ({"requests": 12}, "whole role, second run, 10,000 users", "0 writes, 12 requests", "by 1 requests"),
        ({"writes": 3}, "whole role, second run, 10,000 users", "3 writes, 11 requests", "by 3 writes"),
        ({"asked": 1046}, "requests of a first run, 10,000 users", "1,046", "by 1"),
        ({"loop": 1.3}, "against the peers' loop, 10,000 users", "31 x", "by 18.9 x"),
    ],
)
def test_a_missed_goal_says_by_how_much(wrong: dict[str, float], name: str, measured: str, missed_by: str) -> None:
    found = goal(figures.goals(site(**wrong), TENANT, DUE, None), name)
    assert (found.measured, found.missed_by) == (measured, missed_by)


def test_a_lost_user_is_a_missed_goal() -> None:
    found = figures.goals(site(), TENANT, DUE, Quota(10_000, 0.9, 2, 0, 50.0))
    assert goal(found, "Graph's quota, 10,000 users: writes used").missed_by == "by 5.0 %"
    assert goal(found, "Graph's quota, 10,000 users: users lost").missed_by == "by 2 users"


def test_only_the_goals_of_sizes_that_were_measured_are_stated() -> None:
    only = [figure for figure in site() if figure.users != 50_000]
    assert [each.name for each in figures.goals(only, TENANT, {10_000: 1045}, None)] == [
        "whole role, first run, 10,000 users",
        "requests of a first run, 10,000 users",
        "whole role, second run, 10,000 users",
        "against the peers' loop, 10,000 users",
    ]
    assert figures.goals([], {}, {}, None) == []


def test_an_empty_module_stands_beside_the_one_in_whose_place_it_is() -> None:
    role = [Task("match_plan", 2.0), Task("debug", 0.1), Task("match_report", 0.1), Task("match_apply", 3.0)]
    empty = [Task("pass_paths", 0.5), Task("debug", 0.1), Task("pass_paths", 0.6), Task("debug", 0.2)]
    spent = Spent.of(role, empty)
    assert spent.ansible == pytest.approx({"match_plan": 0.5, "match_apply": 0.6, "debug": 0.3})
    assert table.spent({1_000: (spent.role, spent.ansible)}).rows == [
        ["match_plan", "2.0 (0.5)"],
        ["match_apply", "3.0 (0.6)"],
        ["debug", "0.1 (0.3)"],
    ]


def test_bursts_and_an_even_pace_both_use_the_whole_quota() -> None:
    bursts = [15.0 * (number // 3000) + number % 3000 / 1000 for number in range(10_000)]
    even = [number * 15.0 / 3000 for number in range(10_000)]
    assert figures.quota_used(bursts, 3000, 15.0) == pytest.approx(1.0)
    assert figures.quota_used(even, 3000, 15.0) == pytest.approx(1.0)


def test_waiting_too_long_leaves_quota_unused() -> None:
    late = [20.0 * (number // 3000) + number % 3000 / 1000 for number in range(6001)]
    assert figures.quota_used(late, 3000, 15.0) == pytest.approx(0.75)


def test_one_window_of_writes_says_nothing_about_a_quota() -> None:
    assert figures.quota_used([0.0] * 3000, 3000, 15.0) is None
    assert figures.quota_used([], 3000, 15.0) is None


def test_tables_line_up_and_become_markdown() -> None:
    figure = Figure(FIRST, 10_000, 13.3, 1045, 10_000, 9.1, 200 * MEGABYTE, 90 * MEGABYTE, {"Samba": 1.2})
    small = Figure(FLOOR_FIRST, 10_000, 4.0, 511, 10_000)
    shown = table.measured([figure, small])
    title, empty, head, first, second = shown.text().splitlines()
    assert (title, empty) == ("What was measured", "")
    assert len(first) == len(head) == len(second)
    assert first.split()[-9:] == ["10,000", "13.3", "1.33", "9.1", "1,045", "10,000", "200", "90", "1.2"]
    markdown = shown.markdown().splitlines()
    assert markdown[0] == "## What was measured"
    assert {line.count("|") for line in markdown[2:]} == {11}
    assert markdown[3].startswith("| --- | ---: |")


def test_a_page_names_the_day_the_machine_and_what_was_missed() -> None:
    goals = table.goals([Goal("memory", "under 300 MB", "480 MB", "by 180 MB"), Goal("users lost", "0", "0")])
    page = table.page("2026-11-24", ["2 cores", "Python 3.13.0"], [goals], ["A note."])
    assert "On 2026-11-24, by `make bench`, everything on one machine: 2 cores, Python 3.13.0." in page
    assert "| memory | under 300 MB | 480 MB | missed by 180 MB |" in page
    assert "| users lost | 0 | 0 | met |" in page
    assert page.endswith("- A note.\n")


def sides(now: float = 9.9) -> list[tuple[str, Figure]]:
    """Three first runs of 10,000 users each: the base's take 10, 40 and 90 CPU seconds, the others' median is `now`."""
    base_runs = [(figures.BASE, Figure(FIRST, 10_000, cpu + 4, 1062, 10_000, cpu=cpu)) for cpu in (90.0, 10.0, 40.0)]
    return base_runs + [(figures.NOW, Figure(FIRST, 10_000, cpu + 1, 600, 10_000, cpu=cpu)) for cpu in (1.0, now, 99.0)]


def test_two_revisions_are_compared_by_their_medians() -> None:
    (line,) = figures.medians(sides())
    assert (line.cpu, line.seconds, line.requests) == ((40.0, 9.9), (44.0, 10.9), (1062, 600))
    assert [each.missed_by for each in figures.cost_goals([line])] == ["", ""]
    text = table.compared("v1", [line]).text()
    assert text.splitlines()[0] == "Against v1"
    assert text.splitlines()[-1].split()[-8:] == ["40.0", "9.9", "0.25", "44.0", "10.9", "0.25", "1,062", "600"]


def test_a_quarter_of_the_base_is_the_limit() -> None:
    cpu, seconds = figures.cost_goals(figures.medians(sides(now=10.5)))
    assert (cpu.name, cpu.measured, cpu.missed_by) == (f"{FIRST}, 10,000 users: CPU time", "0.26 x", "by 0.5 s")
    assert seconds.missed_by == "by 0.5 s"


def test_a_revision_is_unpacked_as_a_collection(tmp_path: Path) -> None:
    place = base.unpack("HEAD", None, tmp_path).folder / "ansible_collections" / "hybrid" / "identity"
    assert (place / "plugins" / "modules" / "entra_immutable_id.py").is_file()


@pytest.mark.parametrize("revision", ["no-such-revision", "--output=/tmp/x", ""])
def test_an_unknown_revision_is_refused(tmp_path: Path, revision: str) -> None:
    with pytest.raises(ProgramFailed, match="is no revision of this repository"):
        base.unpack(revision, None, tmp_path)


def test_the_variables_of_a_base_revision_are_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match=r"There is no file .*none\.yml; set BASE_VARS to a YAML file"):
        base.unpack("HEAD", tmp_path / "none.yml", tmp_path)
