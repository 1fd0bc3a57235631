# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ad_user_guid putting back what a run changed, against the scripted server."""

from __future__ import annotations

from pathlib import Path

from anchor_script import (
    ATTRIBUTE,
    OWNED,
    START,
    ad,
    by_guid,
    by_upn,
    cloud,
    lines,
    owners,
    read_again,
    statuses,
    value,
    write,
)
from conftest import Run
from forest_script import DOMAIN, guid
from ldap_wire import SUB, Done, Entry, Search, Turn

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.anchors import immutable_id_of_guid


def stamped(run: Run, journal: Path, name: str = "job") -> None:
    """A run that changed anna from nothing, bob from another value and carl from bytes that are no GUID."""
    script = [
        *START,
        by_upn(ad(1), ad(2, value(9)), ad(3, b"any bytes")),
        owners([value(1), value(2), value(3)]),
        write(1, b"", value(1)),
        write(2, value(9), value(2)),
        write(3, b"any bytes", value(3)),
    ]
    users = [cloud(1), cloud(2), cloud(3)]
    run(script, users=users, stamp=True, replace=True, journal=str(journal), journal_run=name)


def test_a_rollback_puts_back_what_was_there(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(1, value(1)), ad(2, value(2)), ad(3, value(3)))
    script = [*START, found, owners_of_old()]
    before = journal.read_bytes()
    planned = run(script, check=True, rollback="last", journal=str(journal))
    assert journal.read_bytes() == before
    script += [write(1, value(1), b""), write(2, value(2), value(9)), write(3, value(3), b"any bytes")]
    result = run(script, rollback="last", journal=str(journal), journal_run="undo")
    assert (planned["users"], planned["diff"]) == (result["users"], result["diff"])
    assert statuses(result) == [("put_back", None)] * 3
    assert [user["after"] for user in result["users"]] == [None, str(guid(109)), "YW55IGJ5dGVz"]
    assert result["users"][0]["immutable_id"] == immutable_id_of_guid(guid(1))
    assert [line.get("rolls_back") for line in lines(journal)] == [None] * 3 + [["job"]] * 3
    # a second time, nothing is left to do, by name as by "last"
    for name in ("last", "job", "all"):
        again = by_guid([1, 2, 3], ad(1), ad(2, value(9)), ad(3, b"any bytes"))
        result = run([*START, again], rollback=name, journal=str(journal))
        assert (result["changed"], result["summary"]["found"]) == (False, 3)
    assert len(lines(journal)) == 6
    # and the rollback can be rolled back
    found = by_guid([1, 2, 3], ad(1), ad(2, value(9)), ad(3, b"any bytes"))
    script = [*START, found, owners([value(1), value(2), value(3)]), write(1, b"", value(1))]
    script += [write(2, value(9), value(2)), write(3, b"any bytes", value(3))]
    assert run(script, rollback="undo", journal=str(journal))["summary"]["put_back"] == 3


def owners_of_old(*entries: Entry) -> Turn:
    conditions = [
        ("equal", b"objectGUID", value(9)),
        ("equal", ATTRIBUTE, value(9)),
        ("equal", ATTRIBUTE, b"any bytes"),
    ]
    return Turn(Search(DOMAIN.encode(), SUB, ("or", *conditions), OWNED, (1000, b"")), (*entries, Done(cookie=b"")))


def test_what_changed_since_is_left_alone(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(2, value(7)), ad(3, value(3)))
    script = [
        *START,
        found,
        Turn(Search(DOMAIN.encode(), SUB, ("equal", ATTRIBUTE, b"any bytes"), OWNED, (1000, b"")), (Done(cookie=b""),)),
    ]
    failed = run(script, rollback="job", journal=str(journal))
    assert failed["failed"] is True
    assert statuses(failed) == [("missing", "no_such_object"), ("refused", "changed_since"), ("found", None)]
    assert f"is {guid(107)} now, and the run left {guid(102)}" in failed["users"][1]["reason"]
    assert "anna@contoso.com" in failed["users"][0]["reason"]
    assert failed["users"][0]["user_principal_name"] == "anna@contoso.com"
    script.append(write(3, value(3), b"any bytes"))
    skipped = run(script, rollback="job", journal=str(journal), on_refused="skip")
    assert [status for status, _cause in statuses(skipped)] == ["missing", "refused", "put_back"]


def test_a_value_that_somebody_was_given_since_is_not_put_back(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(1), ad(2, value(2)), ad(3, b"any bytes"))
    conditions = (("equal", b"objectGUID", value(9)), ("equal", ATTRIBUTE, value(9)))
    emil = ad(5, value(9))
    turn = Turn(Search(DOMAIN.encode(), SUB, ("or", *conditions), OWNED, (1000, b"")), (emil, Done(cookie=b"")))
    result = run([*START, found, turn], rollback="job", journal=str(journal), on_refused="skip")
    assert statuses(result) == [("found", None), ("refused", "held_by_user"), ("found", None)]


def test_a_rollback_never_overwrites_a_change_in_between(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(1, value(1)), ad(2, value(9)), ad(3, b"any bytes"))
    script = [*START, found, write(1, value(1), b"", Done(16)), read_again(1, value(7))]
    result = run(script, rollback="job", journal=str(journal))
    assert (result["failed"], result["changed"]) == (True, False)
    assert statuses(result)[0] == ("failed", "changed_meanwhile")


def test_a_rollback_has_a_limit_too(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(1, value(1)), ad(2, value(2)), ad(3, value(3)))
    result = run([*START, found, owners_of_old()], rollback="job", journal=str(journal), max_changes="2")
    assert "3 users would be, of 3 in scope, and max_changes allows 2" in result["msg"]


def test_runs_that_are_not_there_or_elsewhere(run: Run, journal: Path) -> None:
    stamped(run, journal)
    assert "has no run 'jbo'" in run([], rollback="jbo", journal=str(journal))["msg"]
    elsewhere = [line.replace(DOMAIN, "DC=fabrikam,DC=com") for line in journal.read_text().splitlines(keepends=True)]
    journal.write_text("".join(elsewhere))
    assert "changed the domain DC=fabrikam,DC=com" in run(START, rollback="job", journal=str(journal))["msg"]


def test_a_journal_without_runs_of_this_kind_has_no_last_one(run: Run, journal: Path) -> None:
    journal.touch()
    assert run(START, rollback="last", journal=str(journal))["summary"]["total"] == 0
