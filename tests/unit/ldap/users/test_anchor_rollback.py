# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ad_user_guid putting back what a run changed, against the scripted server."""

from __future__ import annotations

from pathlib import Path

from anchor_script import (
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
from conftest import DOMAIN_GUID, Run
from forest_script import DOMAIN, UNGUARDED, guid
from ldap_wire import Done, Entry, Search, Turn
from shield_script import account, shield

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)


def stamped(run: Run, journal: Path, name: str = "job") -> None:
    """A run that changed anna from nothing, bob and carl from other values."""
    script = [
        *START,
        by_upn(ad(1), ad(2, value(9)), ad(3, value(8))),
        owners([value(1), value(2), value(3)]),
        write(1, b"", value(1)),
        write(2, value(9), value(2)),
        write(3, value(8), value(3)),
    ]
    users = [cloud(1), cloud(2), cloud(3)]
    run(script, users=users, stamp=True, skip_checks=UNGUARDED, replace=True, journal=str(journal), journal_run=name)


def test_a_rollback_puts_back_what_was_there(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(1, value(1)), ad(2, value(2)), ad(3, value(3)))
    script = [*START, found, owners_of_old()]
    before = journal.read_bytes()
    planned = run(script, check=True, rollback="last", journal=str(journal), skip_checks=UNGUARDED)
    assert journal.read_bytes() == before
    script += [write(1, value(1), b""), write(2, value(2), value(9)), write(3, value(3), value(8))]
    result = run(script, rollback="last", journal=str(journal), skip_checks=UNGUARDED, journal_run="undo")
    assert (planned["users"], planned["diff"]) == (result["users"], result["diff"])
    assert statuses(result) == [("put_back", None)] * 3
    assert [user["after"] for user in result["users"]] == [None, str(guid(109)), str(guid(108))]
    assert result["users"][0]["immutable_id"] == immutable_id_of_guid(guid(1))
    assert [line.get("rolls_back") for line in lines(journal)] == [None] * 3 + [["job"]] * 3
    # a second time, nothing is left to do, by name as by "last"
    for name in ("last", "job", "all"):
        again = by_guid([1, 2, 3], ad(1), ad(2, value(9)), ad(3, value(8)))
        result = run([*START, again], rollback=name, journal=str(journal), skip_checks=UNGUARDED)
        assert (result["changed"], result["summary"]["found"]) == (False, 3)
    assert len(lines(journal)) == 6
    # and the rollback can be rolled back
    found = by_guid([1, 2, 3], ad(1), ad(2, value(9)), ad(3, value(8)))
    script = [*START, found, owners([value(1), value(2), value(3)]), write(1, b"", value(1))]
    script += [write(2, value(9), value(2)), write(3, value(8), value(3))]
    assert run(script, rollback="undo", journal=str(journal), skip_checks=UNGUARDED)["summary"]["put_back"] == 3


def owners_of_old(*entries: Entry) -> Turn:
    return owners([value(9), value(8)], *entries)


def test_what_changed_since_is_left_alone(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(2, value(7)), ad(3, value(3)))
    script = [*START, found, owners([value(8)])]
    failed = run(script, rollback="job", journal=str(journal), skip_checks=UNGUARDED)
    assert failed["failed"] is True
    assert statuses(failed) == [("missing", "no_such_object"), ("refused", "changed_since"), ("found", None)]
    assert f"is {guid(107)} now, and the run left {guid(102)}" in failed["users"][1]["reason"]
    assert "anna@contoso.com" in failed["users"][0]["reason"]
    assert failed["users"][0]["user_principal_name"] is None  # the directory has nobody to name
    script.append(write(3, value(3), value(8)))
    skipped = run(script, rollback="job", journal=str(journal), skip_checks=UNGUARDED, on_refused="skip")
    assert [status for status, _cause in statuses(skipped)] == ["missing", "refused", "put_back"]


def test_a_value_that_somebody_was_given_since_is_not_put_back(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(1), ad(2, value(2)), ad(3, value(8)))
    result = run(
        [*START, found, owners([value(9)], ad(5, value(9)))],
        rollback="job",
        journal=str(journal),
        skip_checks=UNGUARDED,
        on_refused="skip",
    )
    assert statuses(result) == [("found", None), ("refused", "held_by_user"), ("found", None)]


def test_a_rollback_never_overwrites_a_change_in_between(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(1, value(1)), ad(2, value(9)), ad(3, value(8)))
    script = [*START, found, write(1, value(1), b"", Done(16)), read_again(1, value(7))]
    result = run(script, rollback="job", journal=str(journal), skip_checks=UNGUARDED)
    assert (result["failed"], result["changed"]) == (True, False)
    assert statuses(result)[0] == ("failed", "changed_meanwhile")


def test_a_rollback_has_a_limit_too(run: Run, journal: Path) -> None:
    stamped(run, journal)
    found = by_guid([1, 2, 3], ad(1, value(1)), ad(2, value(2)), ad(3, value(3)))
    result = run(
        [*START, found, owners_of_old()], rollback="job", journal=str(journal), skip_checks=UNGUARDED, max_changes="2"
    )
    assert "3 users would be, of 3 in scope, and max_changes allows 2" in result["msg"]


def test_runs_that_are_not_there_or_elsewhere(run: Run, journal: Path) -> None:
    stamped(run, journal)
    assert "has no run 'jbo'" in run([], rollback="jbo", journal=str(journal), skip_checks=UNGUARDED)["msg"]
    for elsewhere in (f'"{guid(0)}"', f'"{DOMAIN}"', "null"):
        changed = journal.read_text().replace(f'"{DOMAIN_GUID}"', elsewhere)
        copy = journal.with_name("copy")
        copy.touch(0o600)
        copy.write_text(changed)
        message = run(START, rollback="job", journal=str(copy), skip_checks=UNGUARDED)["msg"]
        assert f"this task is connected to the domain {DOMAIN_GUID}" in message


def test_the_directory_names_users_and_a_renamed_one_stays(run: Run, journal: Path) -> None:
    stamped(run, journal)
    boss = ad(1, value(1), userPrincipalName=["boss@contoso.com"])
    found = by_guid([1, 2, 3], boss, ad(2, value(2)), ad(3, value(3)))
    result = run([*START, found, owners_of_old()], rollback="job", journal=str(journal), skip_checks=UNGUARDED)
    user = result["users"][0]
    assert (user["user_principal_name"], user["status"], user["cause"]) == (
        "boss@contoso.com",
        "refused",
        "renamed_since",
    )
    assert "boss@contoso.com has another name in the journal, anna@contoso.com" in user["reason"]


def test_only_a_guid_that_nobody_has_is_put_back(run: Run, journal: Path) -> None:
    stamped(run, journal)
    forged = journal.read_text().replace(f'"before":"{guid(109)}"', '"before":"YW55IGJ5dGVz"')
    journal.write_text(forged.replace(f'"before":"{guid(108)}"', f'"before":"{guid(5)}"'))
    found = by_guid([1, 2, 3], ad(1), ad(2, value(2)), ad(3, value(3)))
    script = [*START, found, owners([guid(5).bytes_le], ad(5))]
    result = run(script, rollback="job", journal=str(journal), skip_checks=UNGUARDED, on_refused="skip")
    assert statuses(result) == [("found", None), ("refused", "not_restorable"), ("refused", "held_by_user")]
    assert "which this collection never writes" in result["users"][1]["reason"]


def test_a_rollback_gives_no_protected_account_an_anchor(run: Run, journal: Path) -> None:
    """An anchor is taken away from anybody, and given back only to those whom a run may match."""
    stamped(run, journal)
    admin = account(1600, "Domain 512")
    people = (ad(1, value(1), **admin), ad(2, value(2), **admin), ad(3, value(3), **account(1601)))
    found = Turn(Search, (*people, Done(cookie=b"")))
    script = [*START, found, *shield(), owners([value(8)])]
    back = {"rollback": "job", "journal": str(journal), "on_refused": "skip"}
    script += [write(1, value(1), b""), write(3, value(3), value(8))]
    assert statuses(run(script, **back)) == [
        ("put_back", None), ("refused", "privileged_ad_account"), ("put_back", None)
    ]  # fmt: skip
    left = Turn(Search, (ad(1), ad(2, value(2), **admin), ad(3, value(8), **account(1601)), Done(cookie=b"")))
    accepted = {"privileged_ad_account": ["bob@contoso.com"]}
    script = [*START, left, *shield(), owners([value(9)]), write(2, value(2), value(9))]
    assert statuses(run(script, **back, accepted_effects=accepted))[1] == ("put_back", None)


def test_a_rollback_that_only_takes_away_needs_no_shield(run: Run, journal: Path) -> None:
    script = [*START, by_upn(ad(1)), owners([value(1)]), write(1, b"", value(1))]
    run(script, users=[cloud(1)], stamp=True, skip_checks=UNGUARDED, journal=str(journal))
    script = [*START, by_guid([1], ad(1, value(1))), write(1, value(1), b"")]
    assert statuses(run(script, rollback="last", journal=str(journal))) == [("put_back", None)]


def test_a_journal_without_runs_of_this_kind_has_no_last_one(run: Run, journal: Path) -> None:
    journal.touch()
    assert run(START, rollback="last", journal=str(journal), skip_checks=UNGUARDED)["summary"]["total"] == 0
