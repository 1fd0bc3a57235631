# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every view of a report holds what was planned or done, and nothing in a name can break out of it."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.nasty_text import INVISIBLE, NASTY_TEXT

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.kinds import (
    EQUIPMENT_MAILBOX,
    ROOM_MAILBOX,
    SHARED_MAILBOX,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core import outcomes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import WORDS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import ROWS, Overwrite
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.cloud_user import CloudRecord
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AD_KEYS, AdUser
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import Header
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.log_reasons import PROTECTED
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import visible
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight import predictions
from ansible_collections.hybrid.identity.plugins.module_utils._report.csv_view import COLUMNS, cell_text, csv_lines
from ansible_collections.hybrid.identity.plugins.module_utils._report.encoding import joined
from ansible_collections.hybrid.identity.plugins.module_utils._report.markdown import MAX_BYTES, plain, to_markdown
from ansible_collections.hybrid.identity.plugins.module_utils._report.model import Report, make
from ansible_collections.hybrid.identity.plugins.module_utils._report.page import html_parts
from ansible_collections.hybrid.identity.plugins.module_utils._report.page_script import SCRIPT
from ansible_collections.hybrid.identity.plugins.module_utils._report.page_style import STYLE
from ansible_collections.hybrid.identity.plugins.module_utils._report.rows import LONGEST
from ansible_collections.hybrid.identity.plugins.module_utils._report.words import (
    MARKS,
    MATCH_EFFECTS,
    OUTCOMES,
    attribute_label,
)

# What attackers and accidents put into a display name, and any other text, half a surrogate pair included.
NASTY = st.sampled_from(
    [
        "</script>",
        "<!--<script>",
        "]]>",
        "=1+1",
        "|",
        "\n| x |",
        "`",
        "[a](http://x)",
        "@all",
        '"',
        "'",
        "\u2028",
        "\ud800",
    ]
)
TEXT = st.one_of(NASTY, st.text(st.characters(codec=None), max_size=12))
NAME = st.lists(st.one_of(TEXT, NASTY_TEXT), min_size=1, max_size=4).map("".join)


Record = dict[str, Any]


def write(after: str | None, before: str | None = None, attribute: str = "onPremisesImmutableId") -> Record:
    return {"attribute": attribute, "id": "the-id", "before": before, "after": after}


def user(name: str, outcome: str | None = "hard_match", status: str | None = None, **more: Any) -> Record:
    """The record of a user. ``more`` are values of the prediction, or with ``ad_``, ``cloud_`` or ``change_``."""
    if status is None:
        status = "set" if outcome in outcomes.FINE else "refused"
    own: Record = {"cause": None, "reason": None, "writes": [], "immutable_id": None}
    change = {**own, "status": status}
    cloud, ad = dict.fromkeys(CloudRecord.__annotations__), {**dict.fromkeys(AD_KEYS), "user_principal_name": name}
    match: Record | None = None
    if outcome is not None:
        prediction = predictions.Prediction(AdUser(), outcome, None)
        match = {**prediction.record()}
    for key, value in more.items():
        part, _line, rest = key.partition("_")
        target = {"ad": ad, "cloud": cloud, "change": change}.get(part)
        (match if target is None else target)[key if target is None else rest] = value  # type: ignore[index]
    return {"ad": ad, "cloud": cloud, "match": match, "change": change}


def outside(name: str, **more: Any) -> Record:
    """The record of a cloud user without an AD user."""
    cloud = {**dict.fromkeys(CloudRecord.__annotations__), "id": "9", "user_principal_name": name, **more}
    return {"ad": None, "cloud": cloud, "match": None, "change": None}


def header(kind: str = "plan", predict: str = "after_apply", **facts: Any) -> Header:
    return Header(
        version=1,
        kind=kind,
        tenant="the-tenant",
        domain="the-domain",
        module="match_plan",
        run="20261129T101500Z-3f2a1b",
        host="localhost",
        origin={"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
        scope={"all": True},
        terms={"predict": predict},
        time="2026-11-29T10:15:30Z",
        facts={"summary": {}, "verdict": "", "caveats": [], "unread": [], **facts},
    )


def plan(records: list[Any], title: str | None = None, note: str = "", **facts: Any) -> Report:
    return make(header(**facts), records, title, note)


def result(records: list[Any], **facts: Any) -> Report:
    return make(header("result", **facts), records)


def to_html(report: Report) -> bytes:
    return joined(html_parts(report))


def to_csv(report: Report) -> bytes:
    return joined(csv_lines(report))


class Elements(HTMLParser):
    """The elements that a browser would make, and the text of the JSON in the page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.data = ""
        self._in_data = False
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in_data = ("id", "data") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._in_data = False

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data += data


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def data_of(report: Report) -> dict[str, Any]:
    return dict(json.loads(Elements(to_html(report)).data))


def test_who_is_left_alone_is_counted_apart() -> None:
    users = [
        user("a@contoso.com"),
        user("b@contoso.com", None, "excluded", change_reason="b is excluded."),
        user("c@contoso.com", None, "service_account", change_cause="service_principal_name"),
    ]
    report = plan(users)
    assert (report.total, report.apart) == (1, 2)
    assert report.headline().startswith("1 of 1 AD user would be matched to their cloud user.")
    assert report.headline().endswith(" 2 more AD users are excluded or service accounts.")
    assert {key: count for key, count in report.counts.items() if count} == {
        "hard_match": 1,
        "excluded": 1,
        "service_account": 1,
    }
    assert [row["reason"] for row in table(to_csv(report))] == ["", "b is excluded.", ""]
    assert not any(row.needs_decision for row in report.rows)
    assert (
        result(users[1:2]).headline()
        == "There is no AD user in the scope. 1 more AD user is excluded or a service account."
    )


def test_what_is_looked_at_first_comes_first() -> None:
    users = [
        user("zoe@contoso.com"),
        user("b@contoso.com", "matched", "unchanged"),
        user("Abe@contoso.com"),
        user("c@contoso.com", "unknown"),
        user("allowed@contoso.com", "blocked", "set"),
        user("d@contoso.com", "blocked", cause="privileged_role"),
        user("e@contoso.com", "new_cloud_user", "unchanged"),
        user("f@contoso.com", "soft_match", "refused"),
    ]
    report = plan([outside("cloud@contoso.com"), *users])
    assert [row.name.split("@")[0] for row in report.rows] == [
        "d",
        "c",
        "f",
        "allowed",
        "e",
        "Abe",
        "zoe",
        "b",
        "cloud",
    ]
    assert dict(report.counts) == {
        **dict.fromkeys(OUTCOMES, 0),
        **dict.fromkeys(["hard_match", "blocked"], 2),
        **dict.fromkeys(["matched", "unknown", "soft_match", "new_cloud_user", "cloud_only"], 1),
    }
    assert report.summary() == {
        "total": 8,
        "cloud_only": 1,
        "outcomes": {"blocked": 2, "hard_match": 2, "matched": 1, "new_cloud_user": 1, "soft_match": 1, "unknown": 1},
        "statuses": {"refused": 3, "set": 3, "unchanged": 2},
    }


def test_the_headline_of_a_plan() -> None:
    changing = [user(f"{name}@x.com", change_writes=[write("x")]) for name in "ab"]
    users = [*changing, user("c@x.com", "unknown"), user("d@x.com", "blocked"), user("e@x.com", "new_cloud_user")]
    assert plan(users).headline() == (
        "2 of 5 AD users would be matched to their cloud user. 1 would get a new cloud user; 1 would not be "
        "synchronised as it should; for 1 the outcome is unknown, because the app may not read everything that decides "
        "it. The plan changes 2 users and refuses 2."
    )
    assert plan(changing[:1]).headline() == (
        "1 of 1 AD user would be matched to their cloud user. No user has a problem. The plan changes 1 user."
    )
    assert plan([user("a@x.com", "unknown", expected="hard_match"), user("b@x.com", "unknown")]).headline() == (
        "0 of 2 AD users would be matched to their cloud user. For 2 the outcome is unknown, because the app may not "
        "read everything that decides it; 1 of these would be matched if nothing prevents it. The plan changes 0 users "
        "and refuses 2."
    )
    matched = [user(f"{name}@x.com", "matched", "unchanged") for name in "cd"]
    assert plan([*changing, *matched]).headline() == (
        "2 of 4 AD users would be matched to their cloud user. 2 are matched already. No user has a problem. The plan "
        "changes 2 users."
    )
    assert plan([]).headline() == "There is no AD user in the scope."


def test_the_headline_of_what_would_happen_now() -> None:
    users = [user("a@x.com", "matched", "unchanged"), user("b@x.com", "conflict")]
    report = plan(users, predict="now")
    assert report.title == "What the next sync would do"
    assert report.headline() == (
        "0 of 2 AD users would be matched to their cloud user. 1 is matched already. 1 would not be synchronised as it "
        "should. 1 user has an outcome that is not allowed."
    )


def test_a_plan_without_predictions_is_counted_by_status() -> None:
    report = plan([user("b@x.com", None, "unchanged"), user("a@x.com", None, "unchanged")])
    assert dict(report.counts) == {"unchanged": 2}
    assert report.headline() == "None of 2 AD users is changed or refused, so no outcomes were predicted."
    page = to_html(report).decode()
    assert "<h2>Statuses <small>2 AD users</small></h2>" in page
    assert "What the outcomes mean" not in page
    assert "| Unchanged | 2 |" in to_markdown(report).decode()
    assert [(row["outcome"], row["status"]) for row in table(to_csv(report))] == [("", "unchanged")] * 2


def test_a_result_shows_what_was_done() -> None:
    users = [
        user("a@x.com", change_writes=[write("new=", "old=")], change_immutable_id="new="),
        user("b@x.com", "hard_match", "failed", change_cause="no_answer", change_reason="Graph did not answer."),
        user("c@x.com", "hard_match", "refused", change_cause="changed_since", change_reason="Renamed."),
        user("d@x.com", "matched", "unchanged"),
        user("e@x.com", "blocked", change_cause="predicted_blocked", cause="privileged_role", change_reason="A role."),
        outside("cloud@x.com"),
    ]
    report = result(users, verdict="2 of 3 planned users were not changed.")
    assert report.title == "Result of the hard match"
    assert report.headline() == "1 of 5 AD users was changed. 2 were refused and 1 failed."
    assert dict(report.counts) == {"failed": 1, "refused": 2, "set": 1, "unchanged": 1, "cloud_only": 1}
    page = to_html(report).decode()
    assert "<h2>Not everything was done</h2><p><bdi>2 of 3 planned users were not changed.</bdi></p>" in page
    assert "2 of 3 planned users were not changed." in to_markdown(report).decode()
    data = data_of(report)
    shown = {row[2]: (data["outcomes"][row[0]][0], data["outcomes"][row[7]][0], row[3]) for row in data["rows"][:-1]}
    assert shown == {
        "a@x.com": ("set", "hard_match", ""),
        "b@x.com": ("failed", "hard_match", "Graph did not answer."),
        "c@x.com": ("refused", "hard_match", "Renamed."),
        "d@x.com": ("unchanged", "matched", ""),
        "e@x.com": ("refused", "blocked", "A role."),
    }
    assert data["rows"][-1][7] == -1
    changed = next(row for row in data["rows"] if row[2] == "a@x.com")
    assert (data["written"], changed[6]) == (["ImmutableId"], [[0, "the-id", "old=", "new="]])
    rows = {row["user_principal_name"]: row for row in table(to_csv(report))}
    assert rows["a@x.com"]["writes"] == "ImmutableId: old= -> new="
    assert rows["a@x.com"]["immutable_id"] == "new="
    assert [rows[name]["cause"] for name in ("b@x.com", "c@x.com", "e@x.com")] == [
        "no_answer",
        "changed_since",
        "privileged_role",
    ]


def test_a_plan_with_a_verdict_says_that_it_may_not_be_applied() -> None:
    report = plan([user("a@x.com", "blocked")], verdict="Nothing was changed: 1 of 1 users are refused.")
    for view in (to_html(report).decode(), to_markdown(report).decode()):
        assert "Nothing was changed: 1 of 1 users are refused." in view
    assert "<h2>The plan cannot be applied</h2>" in to_html(report).decode()
    assert 'id="verdict"' not in to_html(plan([user("a@x.com")])).decode()


def test_what_could_not_be_read_is_said_once() -> None:
    unread = [
        {"what": "tenant_switches", "permission": "Switches.Read", "effect": "caveat", "skipped": False},
        {"what": "groups", "permission": "GroupMember.Read.All", "effect": "unknown", "skipped": False},
        {"what": "app_owners", "permission": "Application.Read.All", "effect": "caveat", "skipped": True},
    ]
    caveats = ["A switch may stop matches; grant Switches.Read, or GroupMember.Read.All."]
    report = plan([user("a@x.com")], unread=unread, caveats=caveats)
    text = to_markdown(report).decode()
    assert (
        "## What could not be read\n\n- Groups (permission: GroupMember.Read.All)\n"
        "- App owners (permission: Application.Read.All): the check is skipped\n"
        "- A switch may stop matches; grant Switches.Read, or GroupMember.Read.All.\n" in text
    )
    page = to_html(report).decode()
    assert "<li><bdi>Groups</bdi> (permission: <code>GroupMember.Read.All</code>)</li>" in page
    assert f"<li><bdi>{caveats[0]}</bdi></li>" in page
    assert "Tenant switches" not in text + page


def test_where_a_report_is_from() -> None:
    lines = {
        "Tenant": "the-tenant",
        "Domain": "the-domain",
        "App (client id)": "unknown, because the task signed in without a client id",
        "Run": "20261129T101500Z-3f2a1b of localhost",
        "Time": "2026-11-29 10:15:30 UTC",
        "Collection": "hybrid.identity 1.0.0",
        "Scope": "all users of the domain",
        "Exchange in AD": "unknown, because the schema was not read",
    }
    assert dict(plan([]).head) == lines
    page, summary = to_html(plan([])).decode(), to_markdown(plan([])).decode()
    for label, value in lines.items():
        assert f"<dt>{label}</dt><dd><bdi>{value}</bdi></dd>" in page
        assert f"- {label}: {plain(value)}\n" in summary
    assert plan([]).title == "Plan of the hard match"
    assert plan([], title="Own", note="CHG-1").title == "Own"
    assert "*CHG-1*" in to_markdown(plan([], note="CHG-1")).decode()


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({"users": [f"{name}@x.com" for name in "abcde"]}, "5 named users: a@x.com, b@x.com, c@x.com and 2 more"),
        ({"group": "CN=Pilot,DC=x,DC=com"}, "the members of the group CN=Pilot,DC=x,DC=com"),
        ({"upn_suffixes": ["x.com", "y.com"]}, "the users whose user principal names end in x.com or y.com"),
        (
            {"search_base": "OU=Staff,DC=x", "search_filter": "(title=*)"},
            "the users in OU=Staff,DC=x, who meet the filter (title=*)",
        ),
    ],
)
def test_the_scope_in_words(scope: Record, words: str) -> None:
    assert dict(make({**header(), "scope": scope}, []).head)["Scope"] == words


def test_names_of_tenant_and_domain_and_who_is_excluded() -> None:
    made = header(names={"tenant": "x.onmicrosoft.com", "domain": "ad.x.com"})
    made["origin"]["app"] = "the-app"
    terms = {"predict": "after_apply", "exclude": {"users": ["ceo@x.com"], "organizational_units": ["OU=A", "OU=B"]}}
    head = dict(make({**made, "terms": terms}, []).head)
    assert (head["Tenant"], head["Domain"]) == ("x.onmicrosoft.com (the-tenant)", "ad.x.com (the-domain)")
    assert head["App (client id)"] == "the-app"
    assert head["Excluded"] == "1 user: ceo@x.com; 2 organizational units: OU=A, OU=B"


def test_an_outcome_of_a_later_version_is_shown_first_and_is_not_fine() -> None:
    report = plan([user("a@x.com"), user("b@x.com", "brand_new", "brand_new")])
    assert report.kind(report.rows[0]).label == "Brand new"
    assert report.counts["brand_new"] == 1
    assert "For 1 the outcome is unknown" in report.headline()


def test_overwrites_are_counted_by_attribute_and_effect() -> None:
    changes = [
        {"attribute": "mail", "cloud": "a@x.com", "ad": "b@x.com", "effect": "overwritten"},
        {"attribute": "mobile_phone", "cloud": "1", "ad": None, "effect": "at_risk"},
    ]
    report = plan([user("a@x.com", overwrites=changes), user("b@x.com", overwrites=changes[:1])])
    assert dict(report.overwrites) == {("mail", "overwritten"): 2, ("mobile_phone", "at_risk"): 1}
    assert (
        "| Email address (mail) | Overwritten | 2 |\n| Mobile phone (mobile) | At risk | 1 |"
        in to_markdown(report).decode()
    )


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"ad": None, "cloud": None, "match": None},
        {**user("a@x.com"), "ad": "a@x.com"},
        {**user("a@x.com"), "match": {"cause": "x"}},
        {**user("a@x.com"), "change": {"cause": "x"}},
        user("a@x.com", overwrites=["mail"]),
        user("a@x.com", causes=1),
        user("a@x.com", change_writes=[{"attribute": "x"}]),
    ],
)
def test_other_records_are_refused(record: Record) -> None:
    with pytest.raises(InputError, match=r"^Line 3 of the file is not a record of a user; create the file again\.$"):
        plan([user("b@x.com"), record])


def test_every_cause_is_told_the_one_that_decided_first() -> None:
    record = user("a@x.com", "blocked", cause="privileged_role", causes=["privileged_role", "switch_hard_match"])
    report = plan([record])
    assert report.rows[0].causes == ("privileged_role", "switch_hard_match")
    assert table(to_csv(report))[0]["causes"] == "privileged_role; switch_hard_match"


def test_effects_are_told_counted_and_explained() -> None:
    """The gravest first, then those that this version does not know."""
    both = ["guest", "foreign_anchor"]
    report = plan([user("a@x.com", effects=both), user("b@x.com", effects=["guest", "brand_new"]), user("c@x.com")])
    assert [row["effects"] for row in table(to_csv(report))] == ["guest; foreign_anchor", "guest; brand_new", ""]
    assert [*report.effects.items()] == [("foreign_anchor", 1), ("guest", 2), ("brand_new", 1)]
    data = data_of(report)
    assert [[data["matches"][place][1] for place in row[9]] for row in data["rows"]] == [
        ["Guest", "Anchor of another object"],
        ["Guest", "Brand new"],
        [],
    ]
    page, summary = to_html(report).decode(), to_markdown(report).decode()
    assert '<td><bdi>Guest</bdi></td><td class="number">2</td><td>The cloud user is a guest of the tenant.</td>' in page
    assert "| Guest | 2 | The cloud user is a guest of the tenant. |" in summary
    assert "Effects of the matches" not in to_html(plan([user("c@x.com")])).decode().partition("<script")[0]


def test_every_effect_and_every_mark_has_a_meaning() -> None:
    assert set(MATCH_EFFECTS) == set(WORDS)
    marks = {"guest", "unlicensed", "local_mailbox", SHARED_MAILBOX, ROOM_MAILBOX, EQUIPMENT_MAILBOX}
    assert set(MARKS) == marks


def test_marks_are_told_counted_and_explained() -> None:
    people = [
        {**user("a@x.com"), "person": {"display_name": "Anna", "marks": ["guest", "unlicensed"]}},
        {**outside("room@x.com"), "person": {"display_name": None, "marks": ["room_mailbox"]}},
        {**user("c@x.com"), "person": {"display_name": None, "marks": []}},
    ]
    report = plan(people)
    assert {row["name"]: row["marks"] for row in table(to_csv(report))} == {
        "Anna": "guest; unlicensed",
        "room@x.com": "room_mailbox",
        "c@x.com": "",
    }
    assert report.marks == {"guest": 1, "unlicensed": 1, "room_mailbox": 1}
    data = data_of(report)
    assert {row[2]: [data["marks"][place][1] for place in row[10]] for row in data["rows"]} == {
        "a@x.com": ["Guest", "No licence"],
        "room@x.com": ["Room mailbox"],
        "c@x.com": [],
    }
    assert "No licence is assigned to the cloud user." in to_html(report).decode().partition("<script")[0]


def test_a_change_that_is_only_proposed_is_shown_and_not_counted_as_one() -> None:
    """A reviewer sees what would be accepted."""
    write = {"attribute": "onPremisesImmutableId", "id": "1", "before": None, "after": "new="}
    refused = user("a@x.com", status="refused", change_cause="foreign_anchor", change_proposed=[write])
    left_out = user("b@x.com", status="not_reviewed", change_proposed=[write])
    report = plan([refused, left_out, user("c@x.com", status="already_done")])
    rows = {row["user_principal_name"]: row for row in table(to_csv(report))}
    assert [rows[f"{name}@x.com"]["writes"] for name in "abc"] == [*["ImmutableId:  -> new="] * 2, ""]
    assert report.headline().endswith(
        " The plan changes 0 users and refuses 1. It omits 1 change, because the reviewed plan differs."
    )
    assert {row.name for row in report.rows if row.needs_decision} == {"a@x.com", "b@x.com"}


@pytest.mark.parametrize("key", outcomes.OUTCOMES)
def test_what_a_prediction_says_is_known_to_the_report(key: str) -> None:
    held = predictions.Held("proxy_addresses", "smtp:a@x.com", "the group Sales")
    found = predictions.Prediction(
        AdUser(user_principal_name="a@x.com"),
        key,
        None,
        cause="some_cause",
        causes=("some_cause", "another"),
        quarantined=(held,),
        unknown=("role_assignments",),
        expected="hard_match",
        overwrites=(Overwrite("mail", cloud="a", ad=None, effect="at_risk"),),
    )
    report = plan([{**user("a@x.com"), "match": found.record()}])
    assert report.rows[0].prediction is outcomes.TABLE[key]
    assert report.counts[key] == 1
    details = data_of(report)["rows"][0][4]
    assert {"smtp:a@x.com (held by the group Sales)", "Role assignments", "hard_match"} <= set(details)


@pytest.mark.parametrize("status", outcomes.TABLE)
def test_the_row_itself_shows_a_status_that_needs_attention(status: str) -> None:
    data = data_of(plan([user("a@x.com", "hard_match", status)]))
    assert data["rows"][0][8] == (status != "hard_match" and outcomes.TABLE[status].needs_attention)


def test_each_group_of_outcomes_has_a_colour() -> None:
    for group in {outcome.group for outcome in outcomes.TABLE.values()}:
        assert re.search(rf"\.{group}\b[^{{}}]*{{ --kind: var\(--\w+\); }}", STYLE), group


def test_every_attribute_has_words_and_its_name_in_ad() -> None:
    labels = {key: attribute_label(key) for key in (*(row.record for row in ROWS), "password", "brand_new")}
    assert labels["proxy_addresses"] == "Email addresses (proxyAddresses)"
    assert labels["extension_attribute_7"] == "Extension attribute 7 (extensionAttribute7)"
    assert (labels["password"], labels["brand_new"]) == ("Password", "Brand new")
    assert not [label for label in labels.values() if "_" in label]


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"status": "set", "change_writes": [{**write("new=", "old="), "id": "7"}]}, "new="),
        # Another object's, such as that of a holder in the recycle bin.
        ({"status": "refused", "change_writes": [write("new=", "old=")]}, "old="),
        ({"status": "refused", "change_proposed": [{**write("new=", "old="), "id": "7"}]}, "old="),
        ({"status": "stamped", "change_writes": [{**write("x", None, "mS-DS-ConsistencyGuid"), "id": "7"}]}, "old="),
        ({"status": "failed"}, "unknown"),
        # A value that could not be cleared again.
        ({"status": "failed", "change_writes": [{**write("new=", "old="), "id": "7"}]}, "new="),
        ({"status": "unchanged"}, "old="),
    ],
)
def test_the_immutable_id_before_and_after(change: Record, after: str) -> None:
    report = result([user("a@x.com", cloud_id="7", cloud_immutable_id="old=", **change)])
    (row,) = table(to_csv(report))
    assert (row["immutable_id_before"], row["immutable_id_after"]) == ("old=", after)
    data = data_of(report)
    details = dict(zip([label for _key, label in data["details"]], data["rows"][0][4], strict=True))
    assert (details["ImmutableId before"], details["ImmutableId after"]) == ("old=", after)


def test_who_has_no_cloud_user_has_no_immutable_id_there() -> None:
    record = {**user("a@x.com", "new_cloud_user", "failed"), "cloud": None}
    (row,) = table(to_csv(result([record])))
    assert (row["immutable_id_before"], row["immutable_id_after"]) == ("", "")


def test_the_account_of_who_seems_to_be_somebody_else_is_described() -> None:
    account = {"organizational_unit": "OU=Staff,DC=x", "created": "2019-11-24T10:15:30Z", "upn_changed": None}
    people = [
        {**user("a@x.com"), "person": {"display_name": None, "marks": [], "account": account}},
        {**user("b@x.com"), "person": {"display_name": None, "marks": []}},
    ]
    report = plan(people)
    assert [(row["organizational_unit"], row["account_made"], row["upn_changed"]) for row in table(to_csv(report))] == [
        ("OU=Staff,DC=x", "2019-11-24 10:15:30 UTC", "unknown"),
        ("", "", ""),
    ]
    data = data_of(report)
    shown = dict(zip([label for _key, label in data["details"]], data["rows"][0][4], strict=True))
    assert (shown["AD account made"], shown["AD user principal name last changed"]) == (
        "2019-11-24 10:15:30 UTC",
        "unknown",
    )


def test_csv_has_a_row_for_each_user() -> None:
    changes = [
        {"attribute": "proxy_addresses", "cloud": ["SMTP:a@x.com", "smtp:b@x.com"], "ad": None, "effect": "at_risk"}
    ]
    first = user("Žofie@x.com", cause="c", cloud_id="7", cloud_user_principal_name="z@x.com", overwrites=changes)
    content = to_csv(plan([first, outside("m@x.com")]))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = table(content)
    assert [(row["outcome"], row["status"]) for row in rows] == [("hard_match", "set"), ("cloud_only", "")]
    assert (rows[0]["user_principal_name"], rows[0]["cause"], rows[0]["id"]) == ("Žofie@x.com", "c", "7")
    assert [row["sign_in_name_before"] for row in rows] == ["z@x.com", "m@x.com"]
    assert rows[0]["overwrites"] == "Email addresses (proxyAddresses): at_risk: SMTP:a@x.com; smtp:b@x.com -> "
    assert set(rows[0]) == set(COLUMNS)


LETTER = ("name", "address", "sign_in_name_before", "sign_in_name_after", "addresses_lost", "password")


def in_next_sync(**more: Any) -> Record:
    """A user whom the next sync joins."""
    person = {"display_name": "Anna Berg", "marks": []}
    known: Record = {
        "sync_action": "hard_match",
        "future_user_principal_name": "anna@ad.x.com",
        "cloud_user_principal_name": "anna@x.com",
        "cloud_mail": "a.berg@x.com",
        "cloud_proxy_addresses": ["SMTP:a.berg@x.com", "smtp:old@x.com", "smtp:anna@x.onmicrosoft.com", "sip:a@x.com"],
        "ad_mail": "A.Berg@x.com",
        "ad_proxy_addresses": [],
    }
    return {**user("anna@ad.x.com", **{**known, **more}), "person": person}


@pytest.mark.parametrize(
    ("record", "letter"),
    [
        (in_next_sync(), ("Anna Berg", "a.berg@x.com", "anna@x.com", "anna@ad.x.com", "old@x.com", "unchanged")),
        (
            in_next_sync(overwrites=[{"attribute": "password", "cloud": None, "ad": None, "effect": "password"}]),
            ("Anna Berg", "a.berg@x.com", "anna@x.com", "anna@ad.x.com", "old@x.com", "active_directory"),
        ),
        (
            in_next_sync(
                overwrites=[{"attribute": "password", "cloud": None, "ad": None, "effect": "password_unknown"}]
            ),
            ("Anna Berg", "a.berg@x.com", "anna@x.com", "anna@ad.x.com", "old@x.com", "unknown"),
        ),
        # Whoever is synchronised already loses nothing by this sync.
        (
            in_next_sync(sync_action="update", future_user_principal_name=None),
            ("Anna Berg", "a.berg@x.com", "anna@x.com", "anna@x.com", "", ""),
        ),
        # No mailbox in the cloud yet.
        (
            in_next_sync(cloud_mail=None),
            ("Anna Berg", "A.Berg@x.com", "anna@x.com", "anna@ad.x.com", "old@x.com", "unchanged"),
        ),
        (user("b@x.com", None, "unchanged"), ("b@x.com", "", "", "", "", "")),
        (outside("m@x.com", mail="m@x.com"), ("m@x.com", "m@x.com", "m@x.com", "m@x.com", "", "")),
    ],
)
def test_csv_is_a_list_for_letters(record: Record, letter: tuple[str, ...]) -> None:
    (row,) = table(to_csv(plan([record])))
    assert tuple(row[name] for name in LETTER) == letter


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+49 170 1", "'+49 170 1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        (" \n=1", "' \n=1"),
        ("\uff1d1", "'\uff1d1"),
        ("3jFgh7G/i0+csBxnpglNPg==", "3jFgh7G/i0+csBxnpglNPg=="),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert cell_text(text) == cell


@given(NAME, NAME)
def test_csv_of_any_names(name: str, reason: str) -> None:
    users = [user(name, "blocked", reason=reason, ad_distinguished_name=name), user("last@x.com", "matched")]
    rows = table(to_csv(plan(users)))
    assert len(rows) == 2
    assert rows[1]["user_principal_name"] == "last@x.com"
    for cell in rows[0].values():
        assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@given(NAME, NAME)
def test_html_of_any_names(name: str, reason: str) -> None:
    overwrites = [{"attribute": "x", "cloud": "x", "ad": "x", "effect": "x"}]
    unread = [{"what": "x"}]
    harmless = plan([user("a@x.com", overwrites=overwrites)], "t", "n", unread=unread, caveats=["x"], verdict="x")
    overwrites = [{"attribute": f"x{name}", "cloud": name, "ad": reason, "effect": name}]
    writes = [{"attribute": name, "id": name, "before": name, "after": reason}]
    record = user(name, f"x{name}", f"x{name}", cause=name, reason=reason, overwrites=overwrites, change_writes=writes)
    facts: Record = {"unread": [{"what": f"x{name}", "permission": name}], "caveats": [name], "verdict": f"x{name}"}
    found = Elements(to_html(plan([record], f"x{name}", f"x{name}", **facts)))
    kinds = ("script", "style", "img", "a", "iframe", "meta", "link")
    tags = Elements(to_html(harmless)).tags
    assert [found.tags.count(kind) for kind in kinds] == [tags.count(kind) for kind in kinds]
    assert json.loads(found.data)["rows"][0][3] == visible(reason)


@given(NAME)
def test_nothing_that_people_read_is_invisible(name: str) -> None:
    """Names, keys, values, what could not be read, heading and note, in all files."""
    record = user(
        name,
        f"x{name}",
        f"x{name}",
        cause=name,
        causes=[name],
        effects=[name],
        reason=name,
        overwrites=[{"attribute": f"x{name}", "cloud": [name, name], "ad": name, "effect": name}],
        quarantined=[{"value": name, "holder": name}],
        unknown=[name],
        expected=f"x{name}",
        cloud_id=name,
        change_writes=[{"attribute": name, "id": name, "before": name, "after": name}],
    )
    facts: Record = {"unread": [{"what": f"x{name}", "permission": name}], "caveats": [name], "verdict": name}
    for kind in ("plan", "result"):
        origin: Any = {**header(kind, **facts), "host": name, "run": name, "tenant": name, "domain": name, "time": name}
        report = make(origin, [record, outside(name)], name, name)
        # The lines of the files themselves.
        assert set(to_markdown(report).decode()) & INVISIBLE <= {"\n"}
        assert set(to_csv(report).decode("utf-8-sig")) & INVISIBLE <= {"\r", "\n"}
        assert set(to_html(report).decode()) & INVISIBLE <= {"\n"}
        assert all("\r" not in cell for row in table(to_csv(report)) for cell in row.values())
        assert not set(json.dumps(data_of(report), ensure_ascii=False)) & INVISIBLE


def test_a_value_of_any_length_is_bounded() -> None:
    found = plan(
        [user("x" * 200_000, overwrites=[{"attribute": "y", "cloud": ["a" * 9] * 99_999, "ad": 1, "effect": "z"}])]
    )
    assert len(found.rows[0].name) == len(found.rows[0].overwrites[0].cloud) == LONGEST
    assert len(to_html(found)) < 200_000


def test_the_page_asks_nothing_of_a_network() -> None:
    text = to_html(plan([user("a@x.com")], title="T")).decode()
    assert not re.search(r"""(src|href|action)\s*=|url\(|@import|fetch\(|XMLHttpRequest|https?:""", text)
    assert "default-src 'none'" in text
    assert "</script" not in SCRIPT
    assert "</style" not in STYLE
    assert "innerHTML" not in SCRIPT


def test_markdown_names_those_who_need_a_decision() -> None:
    users = [user(f"u{n}@x.com", "blocked", reason=f"Because {n}.") for n in range(5)]
    allowed = user("allowed@x.com", "blocked", "set")
    text = to_markdown(plan([allowed, *users, user("fine@x.com")], "Title", "Note"), 2).decode()
    assert text.startswith("# Title\n\n*Note*\n\n**1 of 7 AD users would be matched")
    assert "| u0@x.com | Blocked | Because 0. |\n| u1@x.com | Blocked | Because 1. |\n\n… and 3 more users." in text
    assert "fine@x.com" not in text
    assert "allowed@x.com" not in text


def test_markdown_names_no_role_of_an_administrator() -> None:
    """It goes onto the page of a CI job, which as many people can read as the log."""
    record = user("a@x.com", "blocked", cause="privileged_role", reason="Holds the role Tier 0.")
    report = plan([{**record, "change": {**record["change"], "cause": "predicted_blocked"}}])
    assert f"| a@x.com | Blocked | {PROTECTED} |" in to_markdown(report).decode()
    assert "Tier 0" in to_html(report).decode()
    assert table(to_csv(report))[0]["reason"] == "Holds the role Tier 0."


def test_markdown_shows_the_immutable_ids_of_those_whom_the_run_writes() -> None:
    """A result says what was written."""
    users = [user(f"{name}@x.com", cloud_id="7", change_writes=[{**write(f"{name}=="), "id": "7"}]) for name in "abc"]
    users += [user("failed@x.com", status="failed", cloud_id="7"), user("same@x.com", "matched", "unchanged")]
    text = to_markdown(result(users), 2).decode()
    table_of_ids = text.partition("## ImmutableIds before and after\n\n")[2]
    assert table_of_ids == (
        "| User | Before | After |\n| --- | --- | --- |\n| a@x.com | none | a== |\n| b@x.com | none | b== |\n\n"
        "… and 1 more user. The other files of the report list all users.\n"
    )
    assert "ImmutableIds before" not in to_markdown(result(users[3:])).decode()


def test_markdown_stays_within_its_bounds_whatever_comes() -> None:
    changes = [{"attribute": f"{n}" + "|" * 400, "cloud": "", "ad": "", "effect": "at_risk"} for n in range(200)]
    users = [user("|" * 1000 + str(n), "blocked", reason="<" * 5000, overwrites=changes) for n in range(3000)]
    facts: Record = {
        "unread": [{"what": "&" * 900, "permission": "*" * 900} for _n in range(500)],
        "caveats": ["&" * 9000] * 500,
        "verdict": "&" * 9000,
    }
    content = to_markdown(plan(users, "#" * 10_000, "_" * 10_000, **facts), 3000)
    assert len(content) <= MAX_BYTES
    assert b"more users" in content.splitlines()[-1]


@given(NAME)
def test_markdown_of_any_names(name: str) -> None:
    text = to_markdown(plan([user(name, "blocked", reason=name)], "T")).decode()
    rows = [line for line in text.split("\n") if line.startswith("| ") and "Blocked | " in line]
    assert len(rows) == 2
    assert [row.count("|") for row in rows] == [4, 4]
    assert not re.search(r"[<>`\[\]*]", plain(name))


def test_markdown_makes_no_mention_and_leaves_addresses_readable() -> None:
    assert plain("adele.vance@contoso.com") == "adele.vance@contoso.com"
    assert plain("@everyone") == "&#64;everyone"
    assert plain("a\r\n\u202eb") == "a&#92;r&#92;n&#92;u202eb"
    assert plain("https://x :tada: _a_ b_c") == "https&#58;//x &#58;tada: &#95;a&#95; b_c"
    assert plain("www.x.com") == "www&#46;x.com"
