# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see of a plan and of its result: the table, the counts, the diff and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from matches import cloud, found, planned
from scripted_graph import object_id

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import Effect
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import Overwrite
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import CloudUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.changes import (
    hash_writes,
    read_writes,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.user_records import (
    ChangeRecord,
    UserRecord,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.diffs import SHOWN_IN_DIFF
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.log_reasons import PROTECTED
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import Prediction
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_records import (
    Tenant,
    make_change,
    make_record,
    status_of,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_table import (
    Rows,
    ShownResult,
    count_unmatched,
    keep_rows,
    plan_table,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.planned_users import (
    Planned,
    describe_outcome,
    list_planned,
)


def table_of(users: Sequence[UserRecord]) -> list[str]:
    rows = Rows()
    assert list(keep_rows(users, rows)) == list(users)
    return plan_table(rows)


def records(*ways: str, **matching: Any) -> list[UserRecord]:
    """One user for each of these statuses: set, unchanged or refused."""
    tenant: dict[str, Callable[[int], CloudUser]] = {
        "set": cloud,
        "unchanged": lambda number: cloud(number, number),
        "refused": lambda number: cloud(number, onPremisesSyncEnabled=False),
    }
    users = [found(number) for number, _way in enumerate(ways, start=1)]
    people = [tenant[way](number) for number, way in enumerate(ways, start=1)]
    return [
        make_record(change, None, make_change(change), Tenant(), change.immutable_id.target)
        for change in planned(users, people, **matching)
    ]


def test_a_record_holds_what_was_read_and_what_changes() -> None:
    (user,) = records("set", write_consistency_guid="from_guid")
    ad, target, change = user["ad"], user["cloud"], user["change"]
    assert ad
    assert target
    assert change
    # As it was read: the stamp is a write.
    assert (ad["consistency_guid"], target["immutable_id"]) == (None, None)
    assert [each["attribute"] for each in change["writes"]] == ["mS-DS-ConsistencyGuid", "onPremisesImmutableId"]
    assert user["match"] is None


@pytest.mark.parametrize(
    ("cause", "reason", "predicted"),
    [
        ("admin_role", "u1 holds the role Tier 0.", None),
        ("predicted_blocked", "u1 holds the role Tier 0.", ("privileged_role", "u1 holds the role Tier 0.")),
        (None, None, ("role_assignable_group", "u1 is a member of the role-assignable group Tier 0.")),
    ],
)
def test_tables_name_no_role(cause: str | None, reason: str | None, predicted: tuple[str, str] | None) -> None:
    """The records keep the reason."""
    (user,) = records("set")
    assert user["change"]
    status = "refused" if reason else "unchanged"
    user["change"] = {**user["change"], "status": status, "cause": cause, "reason": reason}
    if predicted:
        match = Prediction(AdUser(), "blocked", None, cause=predicted[0], reason=predicted[1])
        user["match"] = match.record()
    lines = table_of([user])
    assert lines[-1].endswith(f": {PROTECTED}")
    assert not [line for line in [*lines, *ShownResult([user]).table] if "Tier 0" in line]


def test_the_verdict_of_a_result_names_no_role() -> None:
    (user,) = records("refused")
    assert user["change"]
    change: ChangeRecord = {**user["change"], "cause": "admin_role", "reason": "u1 holds the role Tier 0."}
    planned = Planned("u1", "guid", "id", b"", (), frozenset(), (None, None), None)
    verdict = describe_outcome([planned], {"guid": change}, None)
    assert f"u1: {PROTECTED} Correct them" in verdict


def test_a_user_whose_anchor_failed_has_failed() -> None:
    (change,) = planned([found(1)], [cloud(1)], write_consistency_guid="from_guid")
    failed = type(change)(
        change.anchor.failed("no_rights", "No."), change.immutable_id.refused("anchor_not_written", "-")
    )
    assert status_of(failed) == "failed"
    made = make_change(failed)
    assert (made["cause"], made["reason"], made["writes"]) == ("no_rights", "No.", [])


def test_the_table_and_the_counts() -> None:
    users = records("set", "set", "unchanged", "refused")
    shown = ShownResult(users)
    lines, summary = shown.table, shown.summary
    assert summary == {"refused": 1, "set": 2, "unchanged": 1, "total": 4}
    assert any("dora@contoso.com" in line and "was synchronised once" in line for line in lines)
    assert not any("carl@contoso.com" in line for line in lines)
    assert table_of(users) == lines
    outside = UserRecord(ad=None, cloud=cloud(7).record(), match=None, change=None)
    with_outside = ShownResult([*users, outside])
    assert (with_outside.table, with_outside.summary) == (lines, summary)


@pytest.mark.parametrize(("outcome", "counted"), [("quarantine", "quarantine"), ("hard_match", "refused")])
def test_a_prediction_that_is_fine_hides_no_refusal(outcome: str, counted: str) -> None:
    (user,) = records("refused")
    user["match"] = Prediction(AdUser(), outcome, None, reason="A sync would.").record()
    (bad,) = records("set")
    bad["match"] = Prediction(AdUser(), counted, None, reason="A sync would.").record()
    if counted == "refused":
        (bad,) = records("refused")
    assert table_of([user])[0] == table_of([bad])[0]


def test_the_diff_shows_the_first_users_and_says_where_the_others_are() -> None:
    few = records(*["set"] * SHOWN_IN_DIFF)
    assert "more users" not in ShownResult(few).diff("/result.jsonl")["after"]
    assert len(ShownResult(few).diff("/result.jsonl")["after"].splitlines()) == SHOWN_IN_DIFF
    many = records(*["set"] * (SHOWN_IN_DIFF + 3), "unchanged", "refused")
    diff = ShownResult(many).diff("/result.jsonl")
    assert diff["after"].splitlines()[-1] == "and 3 more users: see /result.jsonl"
    assert len(diff["after"].splitlines()) == SHOWN_IN_DIFF + 1
    assert diff["before"].splitlines()[0].endswith("onPremisesImmutableId: (none)")


def test_table_and_diff_show_effects_with_the_values_of_the_next_sync() -> None:
    (user,) = records("set")
    changes = (
        Overwrite("mail", "anna@contoso.com", "berg@contoso.com", "overwritten"),
        Overwrite("proxy_addresses", ["SMTP:anna@contoso.com", "smtp:a@contoso.com"], None, "at_risk"),
        Overwrite("department", "Sales", "Finance", "overwritten"),
    )
    effects = tuple(map(Effect, ("primary_address_changed", "addresses_removed", "attributes_overwritten")))
    user["match"] = Prediction(AdUser(), "hard_match", "hard_match", overwrites=changes, effects=effects).record()
    diff = ShownResult([user]).diff("x")
    assert [diff[side].splitlines()[1:] for side in ("before", "after")] == [
        [
            "anna@contoso.com mail (at the sync): anna@contoso.com",
            "anna@contoso.com proxy_addresses (at the sync): SMTP:anna@contoso.com, smtp:a@contoso.com",
        ],
        [
            "anna@contoso.com mail (at the sync): berg@contoso.com",
            "anna@contoso.com proxy_addresses (at the sync): (none)",
        ],
    ]
    assert [line.split() for line in table_of([user, *records("set")])[-3:]] == [
        ["effect:", "primary", "address", "changed", "1"],
        ["effect:", "addresses", "removed", "1"],
        ["effect:", "attributes", "overwritten", "1"],
    ]


def test_the_diff_shows_text_from_outside_as_one_line() -> None:
    user = records("set")[0]
    assert user["ad"]
    user["ad"] = {**user["ad"], "user_principal_name": "a\nb@contoso.com"}
    assert len(ShownResult([user]).diff("x")["after"].splitlines()) == 1


# --- What a plan file says is applied


def test_who_is_planned() -> None:
    users = records("set", "unchanged", "refused")
    outside = UserRecord(ad=None, cloud=cloud(7).record(), match=None, change=None)
    (change, *_others) = [user["change"] for user in users]
    (only,) = list_planned([*users, outside])
    assert (only.name, only.cloud_id) == ("anna@contoso.com", object_id(1))
    assert change
    assert only.writes_hash == hash_writes(read_writes(change["writes"]))
    assert only.writes_hash != hash_writes([])
    assert only.bin_ids == ()


@pytest.mark.parametrize("key", ["ad", "cloud"])
def test_a_change_of_nobody_is_refused(key: str) -> None:
    (user,) = records("set")
    broken: Any = {**user, key: None}
    with pytest.raises(InputError, match=r"does not identify the objects\. Make a new plan"):
        list_planned([broken])


def change(status: str, reason: str | None = None) -> Any:
    return {"status": status, "cause": "x" if reason else None, "reason": reason, "immutable_id": None, "writes": []}


def test_the_verdict_names_who_was_not_changed() -> None:
    planned_users = [
        Planned(f"u{number}@x.com", str(number), "c", b"", (), frozenset(), (None, None), None) for number in range(6)
    ]
    done = {str(number): change("set") for number in range(6)}
    assert describe_outcome(planned_users, done, None) == ""
    done |= {str(number): change("refused", "Renamed.") for number in range(4)} | {"5": change("failed", "No.")}
    assert describe_outcome(planned_users, done, None) == (
        "5 of 6 planned users were not changed: u0@x.com, u1@x.com, u2@x.com and 1 more: Renamed. u5@x.com: No. "
        "Correct them, then make a new plan."
    )
    both = describe_outcome(planned_users, done, "The server is gone.")
    assert both.startswith("5 of 6 planned users were not changed: ")
    assert both.endswith(
        "The ImmutableIds were written, but it is unknown whether another object has one of them now: The server is "
        "gone. Make a new plan before the next sync."
    )
    # Somebody who is as planned already is no miss.
    assert describe_outcome(planned_users[:1], {"0": change("unchanged")}, None) == ""


@pytest.mark.parametrize("way", ["set", "refused"])
def test_the_output_of_a_run_stays_short_whatever_its_size(way: str) -> None:
    """At 10,000 users, what a check run with --diff and -v prints of all of them is at most 20 kB.

    With -v, Ansible prints the result of each module, and the role prints the table once more.
    """
    few = records(*[way] * 100)
    users: list[UserRecord] = [{**each} for _times in range(100) for each in few]
    for number, user in enumerate(users):
        # Each user has a reason of its own, as most have, and a long name.
        name = f"somebody.with.a.long.name.{number}@contoso.com"
        assert user["ad"]
        user["ad"] = {**user["ad"], "user_principal_name": name}
        change = user["change"]
        assert change
        if change["reason"]:
            user["change"] = {**change, "reason": change["reason"].replace("contoso.com", f"contoso.com {number}")}
    shown = ShownResult(users)
    table, counts, diff = shown.table, shown.summary, shown.diff("result.jsonl")
    assert counts == {way: 10_000, "total": 10_000}
    printed = 2 * (len("\n".join(table_of(users))) + len("\n".join(table))) + sum(map(len, diff.values()))
    assert printed < 20_000 - 4_000, printed


def test_only_the_first_of_those_whom_a_cycle_takes_are_named() -> None:
    taken = [f"it takes {number}" for number in range(7)]
    assert count_unmatched(Rows(unmatched=taken), ["CN=hidden"]) == {"count": 8, "cycle": taken[:5]}
