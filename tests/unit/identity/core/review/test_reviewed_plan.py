# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reviewed plan is read with suspicion: age, terms, verdict, and records of every kind."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.alterations import altered_json, chance

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.changes import Review, Write
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.reviewed_plan import (
    ACCOUNTS,
    MATCHES,
    check_reviewed_plan,
    read_review,
)

NOW = datetime(2026, 11, 30, 10, 0, 0, tzinfo=UTC)
PATH = "reviewed.jsonl"
SCOPE: dict[str, Any] = {"users": ["anna@x.com", "bob@x.com"]}
TERMS: dict[str, Any] = {
    "exclude": {},
    "match_by": "user_principal_name",
    "source_anchor": "auto",
    "write_consistency_guid": "never",
    "replace": [],
    "deleted_holders": {},
    "predict": "after_apply",
    "tenant_switches": {},
    "skip_checks": [],
    "allowed_outcomes": ["matched", "hard_match"],
    "accepted_effects": {},
    "max_changes": None,
    "max_refused": "0",
}
WRITE = {"attribute": "onPremisesImmutableId", "id": "c1", "before": None, "after": "a=="}


def header(**more: Any) -> Any:
    known = {
        "version": 1,
        "kind": "plan",
        "tenant": "t",
        "domain": "d",
        "module": "match_plan",
        "run": "r",
        "host": "h",
        "origin": {"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
        "scope": SCOPE,
        "terms": TERMS,
        "time": "2026-11-30T09:00:00Z",
        "facts": {"verdict": "Nobody may.", "reviewable": True},
    }
    return {**known, **more}


def user(guid: str = "g1", status: str = "set", cause: str | None = None, **more: Any) -> dict[str, Any]:
    known = {
        "ad": {"object_guid": guid, "user_principal_name": "anna@x.com"},
        "cloud": {"id": "c1", "user_principal_name": "Anna@x.com"},
        "match": {"outcome": "hard_match", "effects": []},
        "change": {"status": status, "cause": cause, "reason": None, "writes": [WRITE], "proposed": []},
    }
    return {**known, **more}


def check(scope: Any = None, terms: Any = None, hours: int = 72, **more: Any) -> None:
    check_reviewed_plan(header(**more), PATH, MATCHES, scope or SCOPE, {**TERMS, **(terms or {})}, NOW, hours)


def read(*records: Any) -> Review:
    return read_review(header(), records, PATH, MATCHES)


def test_a_plan_of_the_same_terms_fits() -> None:
    check()
    check(scope={"users": ["bob@x.com", "anna@x.com", "bob@x.com"], "search_base": None})
    check(terms={"allowed_outcomes": ["hard_match", "matched"], "deleted_holders": {"restore": None, "purge": []}})
    # What the run allows besides, and what is said of the tenant, is of the run alone.
    check(
        terms={
            "accepted_effects": {"foreign_anchor": ["anna@x.com"]},
            "max_changes": "1",
            "max_refused": "5%",
            "tenant_switches": {"blockSoftMatchEnabled": True},
        }
    )


@pytest.mark.parametrize(
    ("terms", "name"),
    [
        ({"source_anchor": "objectGUID"}, "source_anchor"),
        ({"write_consistency_guid": "from_guid"}, "write_consistency_guid"),
        ({"replace": ["anna@x.com"]}, "replace"),
        ({"deleted_holders": {"purge": ["x"]}}, "deleted_holders"),
        ({"skip_checks": ["domains"]}, "skip_checks"),
        ({"exclude": {"users": ["carl@x.com"]}}, "exclude"),
        ({"allowed_outcomes": ["matched"]}, "allowed_outcomes"),
    ],
)
def test_other_terms_are_named(terms: dict[str, Any], name: str) -> None:
    assert name in MATCHES.terms
    with pytest.raises(InputError, match=rf"made with other options than this run \({name}\)"):
        check(terms=terms)
    with pytest.raises(InputError, match=r"\(scope\)"):
        check(scope={"all": True})
    with pytest.raises(InputError, match=rf"\(scope, {name}\)"):
        check(scope={"users": ["anna@x.com"]}, terms=terms)


@pytest.mark.parametrize("name", MATCHES.terms)
def test_a_term_that_the_plan_does_not_say_is_another_one(name: str) -> None:
    lists = {"replace": ["a@x.com"], "skip_checks": ["domains"]}
    given = {**TERMS, **lists, "deleted_holders": {"purge": ["x"]}, "exclude": {"users": ["carl@x.com"]}}
    left = {other: value for other, value in given.items() if other != name}
    with pytest.raises(InputError, match=name):
        check_reviewed_plan(header(terms=left), PATH, MATCHES, SCOPE, given, NOW, 72)


@pytest.mark.parametrize(
    ("age", "hours", "words"),
    [
        (timedelta(hours=72), 72, None),
        (timedelta(hours=72, seconds=1), 72, "reviewed_plan_max_age allows 72 hours"),
        (timedelta(hours=1), 1, None),
        (timedelta(hours=2), 1, "allows 1 hour"),
        (timedelta(minutes=-5), 72, None),
        (timedelta(minutes=-5, seconds=-1), 72, "is in the future"),
        (timedelta(0), 0, "from 1 to 8,784, in hours"),
        (timedelta(0), -1, "from 1 to 8,784, in hours"),
    ],
)
def test_the_age(age: timedelta, hours: int, words: str | None) -> None:
    time = f"{NOW - age:%Y-%m-%dT%H:%M:%SZ}"
    if words is None:
        check(hours=hours, time=time)
    else:
        with pytest.raises(InputError, match=words):
            check(hours=hours, time=time)


@pytest.mark.parametrize("time", ["", "yesterday", "2026-11-30T09:00:00", "0001-01-01T00:00:00+23:59"])
def test_a_time_that_is_none(time: str) -> None:
    with pytest.raises(InputError, match=r"is not valid|reviewed_plan_max_age allows"):
        check(time=time)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"module": "ad_user"}, "is not a plan of match_plan"),
        ({"terms": {**TERMS, "predict": "now"}}, "is not a plan of match_plan"),
        ({"terms": {}}, "is not a plan of match_plan"),
        ({"facts": {"verdict": "Nobody may.", "reviewable": False}}, "even if it was reviewed: Nobody may."),
        ({"facts": {"verdict": "", "reviewable": 1}}, "even if it was reviewed"),
        ({"facts": {}}, "even if it was reviewed"),
    ],
)
def test_a_plan_that_cannot_be_reviewed(more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_reviewed_plan(header(**more), PATH, MATCHES, SCOPE, TERMS, NOW, 72)


def test_what_a_plan_shows() -> None:
    review = read(user(), {"ad": None, "cloud": {"id": "c2"}, "match": None, "change": None})
    (shown,) = review.users.values()
    assert (shown.name, shown.key, shown.cloud_id, shown.outcome) == ("anna@x.com", "g1", "c1", "hard_match")
    assert shown.upns == ("anna@x.com", "anna@x.com")
    assert shown.writes == {Write("onPremisesImmutableId", "c1", None, "a==")}
    review.check_place("t", "d")
    for place in (("other", "d"), ("t", "other")):
        with pytest.raises(InputError, match="this task is connected to other"):
            review.check_place(*place)


def proposing(status: str, cause: str | None) -> dict[str, Any]:
    made = user("g1", status, cause, match={"outcome": "hard_match", "effects": ["foreign_anchor"]})
    return {**made, "change": {**made["change"], "writes": [], "proposed": [WRITE]}}


@pytest.mark.parametrize(
    ("record", "writes"),
    [
        (proposing("refused", "foreign_anchor"), 1),
        (proposing("refused", "privileged_ad_account"), 1),
        # Whoever wrote the file: what was refused or left out was not approved.
        (proposing("refused", "synced_user"), None),
        (proposing("refused", None), None),
        (proposing("not_reviewed", "not_reviewed"), None),
        (proposing("changed_since_review", "changed_since_review"), None),
        (user("g1", "refused", "synced_user"), None),
        (user("g1", "not_reviewed", "foreign_anchor"), None),
    ],
)
def test_only_changes_that_could_be_approved_count(record: dict[str, Any], writes: int | None) -> None:
    users = read(record).users
    assert [len(each.writes) for each in users.values()] == ([] if writes is None else [writes])


def test_an_effect_without_a_change_counts() -> None:
    quiet = user("g1", "unchanged", change={"status": "unchanged", "cause": None, "writes": [], "proposed": []})
    assert read(quiet).users == {}
    shown = read({**quiet, "match": {"outcome": "hard_match", "effects": ["foreign_anchor"]}}).users["g1"]
    assert shown.effects == {"foreign_anchor"}
    assert not shown.writes


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"ad": 5, "cloud": None, "match": None, "change": 5},
        user(ad={"object_guid": None, "user_principal_name": "x"}),
        user(ad={"object_guid": 5, "user_principal_name": "x"}),
        user(cloud={"id": None}),
        user(cloud={"id": "c1"}),
        user(cloud={"id": "c1", "user_principal_name": 5}),
        user(ad={"object_guid": "g1"}),
        # A report would show no change.
        user("g1", "unchanged"),
        user("g1", "excluded", "excluded_user"),
        user("g1", "already_done"),
        user(change={"status": "set", "cause": None, "writes": [], "proposed": [WRITE]}),
        user(change={"status": "set", "cause": None, "writes": [WRITE], "proposed": [WRITE]}),
        user(change={"status": "refused", "cause": "foreign_anchor", "writes": [WRITE], "proposed": []}),
        user(cloud={}),
        user(match={}),
        {**user(), "ad": {}},
        user(match={"outcome": None, "effects": []}),
        user(match={"outcome": "hard_match", "effects": [5]}),
        user(match={"outcome": "hard_match", "effects": 5}),
        user(change={"status": "set", "cause": None, "writes": [], "proposed": None}),
        user(change={"status": "set", "cause": None, "writes": [5], "proposed": []}),
        user(change={"status": "set", "cause": None, "writes": [{**WRITE, "before": 5}], "proposed": []}),
        user(change={"status": "set", "cause": None, "writes": [{**WRITE, "after": ["x"]}], "proposed": []}),
        user(change={"status": "set", "cause": None, "writes": [{**WRITE, "id": None}], "proposed": []}),
        user(change={"status": "set", "cause": None, "writes": [{"attribute": "x"}], "proposed": []}),
        user(change={"status": ["set"], "cause": None, "writes": [{"attribute": "x"}], "proposed": []}),
    ],
)
def test_a_line_that_is_no_record_is_named(record: Any) -> None:
    with pytest.raises(InputError, match=r"Line 3 of reviewed\.jsonl is not a record of a user; make the plan again\."):
        read(user("g0"), record)


def test_two_records_of_one_user() -> None:
    with pytest.raises(InputError, match=r"Line 3 of reviewed\.jsonl is for the same AD user as another line"):
        read(user(), user())


def test_altered_records() -> None:
    """It is either read or refused, and what is read has only texts."""
    kept = 0
    for number in range(2000):
        by = chance("reviewed plan", number)
        record = altered_json(copy.deepcopy(proposing("refused", "foreign_anchor") if number % 2 else user()), by)
        try:
            review = read(json.loads(json.dumps(record)))
        except InputError:
            continue
        for each in review.users.values():
            kept += 1
            texts = [each.name, each.key, *each.effects]
            texts += [text for write in each.writes for text in (write.attribute, write.id)]
            assert all(isinstance(text, str) for text in texts)
    assert kept > 400


ACCOUNT = {"attribute": "cn", "id": "cn=anna, ou=staff", "before": None, "after": "Anna"}


def account(**change: Any) -> dict[str, Any]:
    """A new account in a plan of ad_user, which has no GUID."""
    known = {"status": "created", "cause": None, "reason": None, "writes": [ACCOUNT], "proposed": []}
    more: dict[str, Any] = {"effects": ["password_replaced"], "left_out": {}, "password_hash_sync": None}
    return {
        "ad": {"object_guid": None, "user_principal_name": "Anna@x.com"},
        "cloud": {"id": "c1", "user_principal_name": "anna@x.com"},
        "match": None,
        "change": {**known, **more, **change},
    }


def test_a_plan_of_accounts_knows_people_by_their_upns() -> None:
    (shown,) = read_review(header(), [account()], PATH, ACCOUNTS).users.values()
    assert (shown.key, shown.cloud_id, shown.outcome) == ("anna@x.com", "c1", None)
    assert shown.objects == {"cn=anna, ou=staff"}
    assert shown.effects == {"password_replaced"}
    assert shown.is_in_effect([("cn", "cn=anna, ou=staff", "Anna")])
    assert not shown.is_in_effect([("cn", "cn=anna, ou=other", "Anna")])
    proposed = account(status="refused", cause="password_replaced", writes=[], proposed=[ACCOUNT])
    assert read_review(header(), [proposed], PATH, ACCOUNTS).users["anna@x.com"].writes == shown.writes
    with pytest.raises(InputError, match=r"Line 3 of reviewed\.jsonl is for the same AD user"):
        read_review(header(), [account(), account()], PATH, ACCOUNTS)


def test_a_plan_of_accounts_is_no_plan_of_matches() -> None:
    terms = dict.fromkeys(ACCOUNTS.terms, "x")
    check_reviewed_plan(header(module="ad_user", terms=terms), PATH, ACCOUNTS, SCOPE, terms, NOW, 72)
    with pytest.raises(InputError, match="is not a plan of ad_user; use such a plan"):
        check_reviewed_plan(header(), PATH, ACCOUNTS, SCOPE, TERMS, NOW, 72)
    with pytest.raises(InputError, match="is not a plan of match_plan with predict: after_apply"):
        check_reviewed_plan(header(module="ad_user", terms=terms), PATH, MATCHES, SCOPE, TERMS, NOW, 72)
    other = {**terms, "path": "OU=Other,DC=x"}
    with pytest.raises(InputError, match=r"\(path\)"):
        check_reviewed_plan(header(module="ad_user", terms=terms), PATH, ACCOUNTS, SCOPE, other, NOW, 72)
