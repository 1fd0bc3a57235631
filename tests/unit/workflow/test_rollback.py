# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rollback at the wire: what goes back in both directories, in which order, and who is left alone."""

from __future__ import annotations

from estate import IDS, NAMES, STAFF, VALUES, Estate, upn
from forest_script import guid
from ldap_wire import Delete, Modify
from rolled_back import (
    MADE,
    MATCHED,
    NOBODY,
    PUT_BACK,
    REMOVED,
    UNCHANGED,
    filled_entry,
    make_accounts,
    people,
    statuses,
)
from scripted_graph import TENANT_ID
from support.module_runs import journal_lines

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import JournalEntry


def outcomes(estate: Estate, run: str) -> list[str]:
    return [line["outcome"] for line in journal_lines(estate.journal_of(run))]


def test_a_match_goes_back(estate: Estate) -> None:
    estate.match(MATCHED, write_consistency_guid="from_guid")
    assert (estate.values(), estate.directory.anchor_of("anna")) == (VALUES, guid(1).bytes_le)
    looked = estate.roll_back(check=True)
    assert (statuses(looked), looked["verdict"], looked["changed"]) == (dict.fromkeys(NAMES, PUT_BACK), "", True)
    assert f"anna@contoso.com: onPremisesImmutableId: {VALUES['anna']}" in looked["diff"]["before"]
    assert (estate.values(), estate.runs()) == (VALUES, [MATCHED])
    back = estate.roll_back()
    assert (statuses(back), back["verdict"], back["rolled_back"]) == (dict.fromkeys(NAMES, PUT_BACK), "", MATCHED)
    assert (estate.values(), estate.directory.anchor_of("anna")) == (NOBODY, b"")
    assert set(outcomes(estate, back["run"])) == {"written"}
    again = estate.roll_back()
    assert (again["rolled_back"], again["changed"], statuses(again)) == (
        MATCHED,
        False,
        dict.fromkeys(NAMES, UNCHANGED),
    )
    assert "run" not in again


def test_accounts_and_their_match_go_back_the_newest_run_first(estate: Estate) -> None:
    make_accounts(estate)
    estate.match(MATCHED, write_consistency_guid="from_guid")
    too_early = estate.roll_back(MADE)
    assert statuses(too_early) == dict.fromkeys(NAMES, ("refused", "changed_since"))
    assert estate.roll_back()["summary"]["put_back"] == 3
    gone = estate.roll_back(MADE)
    assert (statuses(gone), gone["verdict"]) == (dict.fromkeys(NAMES, REMOVED), "")
    assert (people(estate), estate.values()) == (set(), NOBODY)
    again = estate.roll_back(MADE)
    assert (statuses(again), again["changed"]) == (dict.fromkeys(NAMES, UNCHANGED), False)


def test_one_run_that_did_both_goes_back_at_once_and_entra_comes_first(estate: Estate) -> None:
    make_accounts(estate)
    estate.match(MADE, write_consistency_guid="from_guid")
    order: list[str] = []
    estate.directory.answers = lambda request: order.append("AD") if isinstance(request, (Modify, Delete)) else None
    estate.graph.answers = lambda method, path: order.append("Entra") if method == "PATCH" else None
    gone = estate.roll_back(MADE)
    assert (statuses(gone), gone["verdict"]) == (dict.fromkeys(NAMES, REMOVED), "")
    assert order == ["Entra"] * 3 + ["AD"] * 3  # an anchor goes with its account
    assert (people(estate), estate.values()) == (set(), NOBODY)
    lines = journal_lines(estate.journal_of(gone["run"]))
    assert {tuple(line["rolls_back"]) for line in lines} == {(MADE,)}


def test_values_that_a_run_filled_go_back(estate: Estate) -> None:
    estate.directory.change("bob", department=["Sales"])
    estate.write_journal(MADE, filled_entry(2, "bob", "department", ["Press"], ["Sales"]))
    back = estate.roll_back()
    assert statuses(back) == {"bob": PUT_BACK}
    assert back["users"][0]["writes"] == [
        {"attribute": "department", "id": str(guid(2)), "before": ["Sales"], "after": ["Press"]}
    ]
    assert estate.directory.held[f"CN=bob,{STAFF}"]["department"] == [b"Press"]


def test_a_run_in_entra_alone_needs_no_domain_controller(estate: Estate) -> None:
    for name in NAMES:
        estate.graph.users[IDS[name]]["onPremisesImmutableId"] = VALUES[name]
    entries = [
        JournalEntry(IDS[name], upn(name), "onPremisesImmutableId", None, VALUES[name], ("tenant", TENANT_ID))
        for name in NAMES
    ]
    estate.write_journal(MATCHED, *entries)
    back = estate.roll_back(server=[])
    assert (statuses(back), estate.values()) == (dict.fromkeys(NAMES, PUT_BACK), NOBODY)
    assert estate.directory.requests == []


def test_the_rollback_of_a_rollback_gives_nobody_an_immutable_id_unless_that_is_vouched_for(estate: Estate) -> None:
    estate.match(MATCHED)
    run = estate.roll_back()["run"]
    refused = estate.roll_back(run)
    assert statuses(refused) == dict.fromkeys(NAMES, ("refused", "not_given_back"))
    estate.roll_back(run, skip_checks=["anchor_claims", "protected_accounts"])
    assert estate.values() == VALUES
