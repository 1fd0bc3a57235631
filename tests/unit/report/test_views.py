# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every view of a report holds what was predicted, and nothing in a name can break out of it."""

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
from support.nasty_text import FORGED, INVISIBLE, NASTY_TEXT

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core import outcome_words
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import visible
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight import predictions
from ansible_collections.hybrid.identity.plugins.module_utils._report.markdown import MAX_BYTES, plain, to_markdown
from ansible_collections.hybrid.identity.plugins.module_utils._report.model import LONGEST, make
from ansible_collections.hybrid.identity.plugins.module_utils._report.page import to_html
from ansible_collections.hybrid.identity.plugins.module_utils._report.page_script import SCRIPT
from ansible_collections.hybrid.identity.plugins.module_utils._report.page_style import STYLE
from ansible_collections.hybrid.identity.plugins.module_utils._report.tables import COLUMNS, cell_text, to_csv, to_json
from ansible_collections.hybrid.identity.plugins.module_utils._report.words import OUTCOMES

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


def user(name: str, outcome: str = "hard_match", **more: Any) -> dict[str, Any]:
    return {"user_principal_name": name, "outcome": outcome, "cause": None, "reason": None, "overwrites": [], **more}


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


def test_what_is_looked_at_first_comes_first() -> None:
    users = [
        user("zoe@contoso.com"),
        user("b@contoso.com", "matched"),
        user("Abe@contoso.com"),
        user("c@contoso.com", "unknown"),
        user("d@contoso.com", "blocked", cause="privileged_role"),
        user("e@contoso.com", "new_cloud_user"),
    ]
    report = make(users, cloud_only=[{"user_principal_name": "cloud@contoso.com", "id": "1"}])
    assert [row.name.split("@")[0] for row in report.rows] == ["d", "c", "e", "Abe", "zoe", "b", "cloud"]
    assert dict(report.counts) == {
        **dict.fromkeys(OUTCOMES, 0),
        "hard_match": 2,
        **dict.fromkeys(["matched", "unknown", "blocked", "new_cloud_user", "cloud_only"], 1),
    }
    assert report.verdict() == (
        "3 of 6 AD users would be joined to their cloud user. 1 would get a new cloud user; 1 would not be "
        "synchronised as it should; for 1 it is not known, since the app may not read enough."
    )


def test_verdicts() -> None:
    assert make([user("a@x.com", "unknown", expected="hard_match"), user("b@x.com", "unknown")]).verdict() == (
        "0 of 2 AD users would be joined to their cloud user. For 2 it is not known, since the app may not read "
        "enough; 1 of these would be joined if nothing of that stands against it."
    )
    assert make([user("a@x.com")]).verdict() == (
        "1 of 1 AD user would be joined to their cloud user. Nothing stands in the way."
    )
    assert make([]).verdict() == "There was no AD user to predict anything for."


def test_an_outcome_of_a_later_version_is_shown_first_and_is_not_fine() -> None:
    report = make([user("a@x.com"), user("b@x.com", "brand_new")])
    assert report.rows[0].outcome.label == "Brand new"
    assert report.counts["brand_new"] == 1
    assert "For 1 it is not known" in report.verdict()


def test_overwrites_are_counted_by_attribute_and_effect() -> None:
    changes = [
        {"attribute": "mail", "cloud": "a@x.com", "ad": "b@x.com", "effect": "overwritten"},
        {"attribute": "mobile_phone", "cloud": "1", "ad": None, "effect": "at_risk"},
    ]
    report = make([user("a@x.com", overwrites=changes), user("b@x.com", overwrites=changes[:1])])
    assert dict(report.effects) == {("mail", "overwritten"): 2, ("mobile_phone", "at_risk"): 1}
    assert "| mail | Overwritten | 2 |\n| mobile_phone | At risk | 1 |" in to_markdown(report).decode()
    assert json.loads(to_json(report))["overwrites"][1] == {
        "attribute": "mobile_phone",
        "effect": "at_risk",
        "users": 1,
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"users": [1]}, "users[0] is no record of a user; give the records of a prediction, as they are."),
        ({"users": [{"user_principal_name": "a@x.com", "status": "found"}]}, "users[0] (a@x.com) has no 'outcome'"),
        ({"users": [user("a@x.com", overwrites=["mail"])]}, "'overwrites' that are no list of attributes"),
        ({"users": [], "cloud_only": ["a"]}, "cloud_only[0] is no record of a user"),
        ({"users": [], "unknown": [{"permission": "x"}]}, "unknown[0] does not say 'what' could not be read"),
    ],
)
def test_other_records_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        make(**arguments)


def test_every_cause_is_told_the_one_that_decided_first() -> None:
    record = user("a@x.com", "blocked", cause="privileged_role", causes=["privileged_role", "switch_hard_match"])
    row = make([record]).rows[0]
    assert row.causes == ("privileged_role", "switch_hard_match")
    assert table(to_csv(make([record])))[0]["causes"] == "privileged_role; switch_hard_match"


@pytest.mark.parametrize("key", outcome_words.OUTCOMES)
def test_what_a_prediction_says_is_known_to_the_report(key: str) -> None:
    held = predictions.Held("proxy_addresses", "smtp:a@x.com", "the group Sales")
    found = predictions.Prediction(
        {"user_principal_name": "a@x.com"},
        key,
        None,
        cause="some_cause",
        causes=("some_cause", "another"),
        quarantined=(held,),
        unknown=("role_assignments",),
        expected="hard_match",
        overwrites=({"attribute": "mail", "cloud": "a", "ad": None, "effect": "at_risk"},),
    )
    report = make([found.result()])
    assert report.rows[0].outcome is OUTCOMES[key]
    assert report.counts[key] == 1
    details = json.loads(Elements(to_html(report)).data)["rows"][0][4]
    assert {"smtp:a@x.com (held by the group Sales)", "Role assignments", "Hard match"} <= set(details)


def test_json_holds_the_records_as_they_came() -> None:
    users = [user("Žofie@contoso.com", immutable_id="+abc==", extra={"a": [1]}), user("b@x.com", "blocked")]
    cloud = [{"id": "1", "user_principal_name": "cloud@x.com"}]
    document = json.loads(to_json(make(users, cloud, [{"what": "domains", "permission": "Domain.Read.All"}], "T", "N")))
    assert sorted(document["users"], key=str) == sorted(users, key=str)
    assert document["cloud_only"] == cloud
    assert document["unknown"] == [{"what": "domains", "permission": "Domain.Read.All", "skipped": False}]
    assert (document["summary"]["total"], document["summary"]["blocked"], document["title"]) == (2, 1, "T")


def test_csv_has_a_row_for_each_user() -> None:
    changes = [
        {"attribute": "proxy_addresses", "cloud": ["SMTP:a@x.com", "smtp:b@x.com"], "ad": None, "effect": "at_risk"}
    ]
    content = to_csv(make([user("Žofie@x.com", cause="c", id="7", overwrites=changes)], [{"id": "9", "mail": "m"}]))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = table(content)
    assert [row["outcome"] for row in rows] == ["hard_match", "cloud_only"]
    assert (rows[0]["user_principal_name"], rows[0]["cause"], rows[0]["id"]) == ("Žofie@x.com", "c", "7")
    assert rows[0]["overwrites"] == "proxy_addresses: at_risk: SMTP:a@x.com; smtp:b@x.com -> "
    assert set(rows[0]) == set(COLUMNS)


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
    rows = table(to_csv(make([user(name, reason=reason, distinguished_name=name), user("last@x.com", "matched")])))
    assert len(rows) == 2
    assert rows[1]["user_principal_name"] == "last@x.com"
    for cell in rows[0].values():
        assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@given(NAME, NAME)
def test_html_of_any_names(name: str, reason: str) -> None:
    harmless = Elements(
        to_html(make([user("a@x.com", overwrites=[{"attribute": "x"}])], [], [{"what": "x"}], "t", "n"))
    )
    overwrites = [{"attribute": f"x{name}", "cloud": name, "ad": reason, "effect": name}]
    report = make(
        [user(name, f"x{name}", cause=name, reason=reason, overwrites=overwrites)],
        [],
        [{"what": f"x{name}"}],
        name,
        name,
    )
    found = Elements(to_html(report))
    kinds = ("script", "style", "img", "a", "iframe", "meta", "link")
    assert [found.tags.count(kind) for kind in kinds] == [harmless.tags.count(kind) for kind in kinds]
    assert json.loads(found.data)["rows"][0][3] == visible(reason)


@given(NAME)
def test_nothing_that_people_read_is_invisible(name: str) -> None:
    """Names, keys, values, what could not be read, heading and note, in all files but the one for programs."""
    overwrites = [{"attribute": f"x{name}", "cloud": [name, name], "ad": name, "effect": name}]
    quarantined = [{"value": name, "holder": name}]
    record = user(name, f"x{name}", cause=name, causes=[name], reason=name, overwrites=overwrites, id=name)
    report = make(
        [{**record, "quarantined": quarantined, "unknown": [name], "expected": f"x{name}"}],
        [{"id": f"x{name}"}],
        [{"what": f"x{name}", "permission": name}],
        name,
        name,
    )
    # The lines of the files themselves.
    assert set(to_markdown(report).decode()) & INVISIBLE <= {"\n"}
    assert set(to_csv(report).decode("utf-8-sig")) & INVISIBLE <= {"\r", "\n"}
    assert set(to_html(report).decode()) & INVISIBLE <= {"\n"}
    assert all("\r" not in cell for row in table(to_csv(report)) for cell in row.values())
    assert not set(json.dumps(json.loads(Elements(to_html(report)).data), ensure_ascii=False)) & INVISIBLE


def test_the_file_for_programs_holds_what_came() -> None:
    assert json.loads(to_json(make([user(FORGED, id=FORGED)])))["users"] == [user(FORGED, id=FORGED)]


def test_a_value_of_any_length_is_bounded() -> None:
    found = make([user("x" * 200_000, addresses=["a" * 200_000] * 3)])
    assert len(found.rows[0].name) == len(found.rows[0].text("addresses")) == LONGEST
    assert len(to_html(found)) < 200_000


def test_the_page_asks_nothing_of_a_network() -> None:
    text = to_html(make([user("a@x.com")], title="T")).decode()
    assert not re.search(r"""(src|href|action)\s*=|url\(|@import|fetch\(|XMLHttpRequest|https?:""", text)
    assert "default-src 'none'" in text
    assert "</script" not in SCRIPT
    assert "</style" not in STYLE
    assert "innerHTML" not in SCRIPT


def test_markdown_names_those_who_need_a_decision() -> None:
    users = [user(f"u{n}@x.com", "blocked", reason=f"Because {n}.") for n in range(5)] + [user("fine@x.com")]
    text = to_markdown(
        make(users, [], [{"what": "domains", "permission": "Domain.Read.All"}], "Title", "Note"), 2
    ).decode()
    assert text.startswith("# Title\n\n*Note*\n\n**1 of 6 AD users would be joined")
    assert "- Domains (the permission Domain.Read.All would answer it)" in text
    assert "| u0@x.com | Blocked | Because 0. |\n| u1@x.com | Blocked | Because 1. |\n\n… and 3 more users." in text
    assert "fine@x.com" not in text


def test_who_is_not_allowed_needs_a_decision() -> None:
    users = [user("a@x.com", "soft_match", allowed=False), user("b@x.com", "blocked", allowed=True)]
    report = make(users, [], [{"what": "domains", "permission": "Domain.Read.All", "skipped": True}])
    assert report.verdict().endswith(" What would become of 1 user is not allowed.")
    text = to_markdown(report).decode()
    assert "| a@x.com | Soft match |" in text
    assert "b@x.com" not in text
    assert "would answer it): taken as usual, since skip_checks names it" in text
    assert [row["allowed"] for row in table(to_csv(report))] == ["true", "false"]
    assert [row[6] for row in json.loads(Elements(to_html(report)).data)["rows"]] == [False, True]


def test_markdown_stays_within_its_bounds_whatever_comes() -> None:
    changes = [{"attribute": f"{n}" + "|" * 400, "effect": "at_risk"} for n in range(200)]
    users = [user("|" * 1000 + str(n), "blocked", reason="<" * 5000, overwrites=changes) for n in range(3000)]
    unread = [{"what": "&" * 900, "permission": "*" * 900} for _n in range(500)]
    content = to_markdown(make(users, [], unread, "#" * 10_000, "_" * 10_000), 3000)
    assert len(content) <= MAX_BYTES
    assert b"more users" in content.splitlines()[-1]


@given(NAME)
def test_markdown_of_any_names(name: str) -> None:
    text = to_markdown(make([user(name, "blocked", reason=name)], [], [], "T")).decode()
    rows = [line for line in text.split("\n") if line.startswith("| ") and "Blocked | " in line]
    assert len(rows) == 2
    assert [row.count("|") for row in rows] == [4, 4]
    assert not re.search(r"[<>`\[\]*]", plain(name))


def test_markdown_makes_no_mention_and_leaves_addresses_readable() -> None:
    assert plain("adele.vance@contoso.com") == "adele.vance@contoso.com"
    assert plain("@everyone") == "&#64;everyone"
    assert plain("a\r\n\u202eb") == "a&#92;r&#92;n&#92;u202eb"
    assert plain("https://x :tada: _a_ b_c") == "https&#58;//x &#58;tada: &#95;a&#95; b_c"
