# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page in a browser: what people see, click and print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import DESK, PHONE, TABLET, Open
from made_files import EVIL, SPREADSHEET, VERDICT, plan, result
from playwright.sync_api import Page, ViewportSize, expect

from ansible_collections.hybrid.identity.plugins.module_utils._report.words import attribute_label

SIZES = [40, 10_000]
STATUS = "#status"

Record = dict[str, Any]


def inside(records: list[Record]) -> list[Record]:
    return [user for user in records if user["ad"]]


def planned(count: int) -> list[Record]:
    """The AD users of the plan for so many."""
    return inside(plan(count)[1])


def shown(page: Page) -> list[str]:
    """The names of the users on the page, in order."""
    return page.locator("#rows > tbody > tr > td.user > bdi").all_inner_texts()


def sheets(pdf: bytes) -> int:
    """How many pages a PDF has."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def status(page: Page) -> str:
    return page.locator(STATUS).inner_text()


def text_of(value: Any) -> str:
    """A value of an overwrite as the page shows it."""
    if value is None:
        return "none"
    return "; ".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else value


def figure(page: Page, outcome: str) -> str:
    return page.locator(f".bar[data-outcome={outcome}] .count").inner_text().replace(",", "")


@pytest.mark.parametrize("count", SIZES)
def test_the_counts_are_those_of_the_plan(open_page: Open, count: int) -> None:
    users = planned(count)
    outside = len(plan(count)[1]) - count
    page = open_page(count)
    expect(page).to_have_title("Plan of the hard match")
    for outcome in {user["match"]["outcome"] for user in users}:
        assert int(figure(page, outcome)) == sum(user["match"]["outcome"] == outcome for user in users)
    assert int(figure(page, "cloud_only")) == outside
    assert status(page) == f"1 to {min(count + 2, 50)} of {count + outside:,}"
    assert "RoleEligibilitySchedule.Read.Directory" in page.locator("#unread").inner_text()
    assert "password hash sync" in page.locator("#unread").inner_text()
    assert page.locator("#verdict p").all_inner_texts() == ([VERDICT] if count == 40 else [])
    overwritten = sum(one["attribute"] == "department" for user in users for one in user["match"]["overwrites"])
    line = page.locator("#overwrites tr", has_text="department")
    assert line.inner_text().split("\t") == ["Department (department)", "Overwritten", f"{overwritten:,}"]


@pytest.mark.parametrize("count", SIZES)
def test_a_result_counts_what_was_done(open_page: Open, pictures: Path, count: int) -> None:
    users = inside(result(count)[1])
    page = open_page(count, kind="result")
    expect(page).to_have_title("Result of the hard match")
    statuses = {user["change"]["status"] for user in users}
    assert statuses == {"set", "refused", "failed", "unchanged"}
    for key in statuses:
        assert int(figure(page, key)) == sum(user["change"]["status"] == key for user in users)
    page.locator(".bar[data-outcome=set]").click()
    names = shown(page)
    for place, line in enumerate(page.locator("#rows > tbody > tr ul.writes").all_inner_texts()):
        user = next(one for one in users if one["ad"]["user_principal_name"] == names[place])
        (write,) = user["change"]["writes"]
        assert line == f"ImmutableId: {write['before'] or 'none'} → {write['after']}"
    page.locator("#reset").click()
    page.locator("#other").select_option(label="Soft match")
    soft = sum(user["match"]["outcome"] == "soft_match" for user in users)
    assert f"of {soft:,} that fit" in status(page)
    page.screenshot(path=pictures / f"{count}-result.png", full_page=True)


@pytest.mark.parametrize("count", SIZES)
def test_filters_leave_those_they_name(open_page: Open, count: int) -> None:
    users = planned(count)
    page = open_page(count)
    page.locator(".bar[data-outcome=blocked]").click()
    blocked = [user for user in users if user["match"]["outcome"] == "blocked"]
    assert f"of {len(blocked):,} that fit" in status(page)
    assert set(shown(page)) <= {user["ad"]["user_principal_name"] for user in blocked}
    page.locator(".bar[data-outcome=conflict]").click()
    both = [user for user in users if user["match"]["outcome"] in ("blocked", "conflict")]
    assert f"of {len(both):,} that fit" in status(page)
    cause = next(user["match"]["cause"] for user in users if user["match"]["outcome"] == "conflict")
    page.locator("#cause").select_option(cause)
    of_cause = sum(user["match"]["cause"] == cause for user in users)
    assert f"of {of_cause:,} that fit" in status(page)
    page.locator("#reset").click()
    expect(page.locator(STATUS)).not_to_contain_text("that fit")
    assert page.locator(".bar[aria-pressed=true]").count() == 0
    page.locator("#change").select_option(label="At risk")
    risky = [user for user in users if any(one["effect"] == "at_risk" for one in user["match"]["overwrites"])]
    assert f"of {len(risky):,} that fit" in status(page)
    page.locator("#reset").click()
    page.locator("#other").select_option(label="Refused")
    refused = sum(user["change"]["status"] == "refused" for user in users)
    assert f"of {refused:,} that fit" in status(page)


@pytest.mark.parametrize("count", SIZES)
def test_effects_and_marks_are_explained_and_filter(open_page: Open, pictures: Path, count: int) -> None:
    users = plan(count)[1]
    removed = {user["ad"]["user_principal_name"] for user in users
               if user["match"] and "addresses_removed" in user["match"]["effects"]}  # fmt: skip
    rooms = [user for user in users if "room_mailbox" in user.get("person", {}).get("marks", [])]
    page = open_page(count)
    page.screenshot(path=pictures / f"effects-{count}.png", full_page=True)
    expect(page.locator("#effects tr", has_text="Addresses removed").locator(".number")).to_have_text(
        f"{len(removed):,}"
    )
    expect(page.locator("#effects")).to_contain_text("Mail to these addresses might no longer arrive")
    expect(page.locator("#marks")).to_contain_text("No licence is assigned to the cloud user.")
    page.locator("#effect").select_option(label="Addresses removed")
    assert set(shown(page)) <= removed
    assert page.locator("#rows .cause", has_text="Addresses removed").count() == len(shown(page)) > 0
    # Nearly everybody has that one, so only the details show it.
    assert page.locator("#rows .cause", has_text="Password replaced").count() == 0
    page.locator("#rows summary").first.click()
    expect(page.locator("#rows .details").first).to_contain_text("Password replaced")
    page.locator("#reset").click()
    page.locator("#mark").select_option(label="Room mailbox")
    expect(page.locator(STATUS)).to_contain_text(f"of {len(rooms):,} that fit")
    assert page.locator("#rows .mark", has_text="Room mailbox").count() == len(shown(page)) > 0


@pytest.mark.parametrize("count", SIZES)
def test_search_finds_by_any_text(open_page: Open, count: int) -> None:
    page = open_page(count)
    page.locator("#search").fill("USER00012@contoso.com")
    assert shown(page) == ["user00012@contoso.com"]
    guid = planned(count)[12]["ad"]["object_guid"]
    page.locator("#search").fill(f"{guid} user00012")
    assert shown(page) == ["user00012@contoso.com"]
    page.locator("#search").fill("no such person anywhere")
    assert status(page) == "No user fits these filters."
    assert page.locator("#rows").is_hidden()


def test_accents_do_not_matter(open_page: Open) -> None:
    users = planned(40)
    page = open_page(40)
    for typed, written in (("jurgen", "Jürgen"), ("novak", "Novák"), ("NGUYỄN", "Nguyễn")):
        page.locator("#search").fill(typed)
        wanted = sum(written in user["ad"]["distinguished_name"] for user in users)
        text = status(page)
        assert (f"of {wanted} that fit" in text) if wanted else text == "No user fits these filters."


def test_pages_turn_and_everybody_is_on_one_of_them(open_page: Open) -> None:
    page = open_page(40)
    assert page.locator("#pager").is_hidden()
    page = open_page(10_000)
    page.locator(".bar[data-outcome=conflict]").click()
    names: list[str] = []
    while True:
        names += shown(page)
        if page.locator("#next").is_disabled():
            break
        page.locator("#next").click()
    assert sorted(names) == sorted(
        user["ad"]["user_principal_name"] for user in planned(10_000) if user["match"]["outcome"] == "conflict"
    )
    page.locator("#previous").click()
    assert shown(page) == names[-50 - len(names) % 50 : len(names) - len(names) % 50]


def test_details_show_each_change(open_page: Open) -> None:
    page = open_page(40)
    user = next(one for one in planned(40)[2:] if len(one["match"]["overwrites"]) >= 3)
    overwrites = user["match"]["overwrites"]
    page.locator("#search").fill(user["ad"]["user_principal_name"])
    page.locator("#rows details summary").click()
    page.locator("#rows details table.changes").wait_for()
    text = page.locator("#rows details").inner_text()
    for key in ("distinguished_name", "object_guid", "immutable_id"):
        assert user["ad"][key] in text
    assert user["cloud"]["id"] in text
    assert "ImmutableId set" in text
    lines = page.locator("table.changes tbody tr").all_inner_texts()
    assert len(lines) == len(overwrites)
    for line, change in zip(lines, overwrites, strict=True):
        assert attribute_label(change["attribute"]) in line
        for value in (change["cloud"], change["ad"]):
            assert text_of(value) in line


def test_names_stay_text(open_page: Open) -> None:
    page = open_page(40)
    page.locator("#search").fill("window.owned")
    assert shown(page) == [f"{EVIL}@contoso.com"]
    page.locator("#rows details summary").click()
    assert EVIL in page.locator("table.changes").inner_text()
    assert page.evaluate("window.owned") is None
    assert page.locator("img").count() == 0
    page.locator("#search").fill("HYPERLINK")
    assert shown(page) == [SPREADSHEET]


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("size", [DESK, TABLET, PHONE], ids=["desk", "tablet", "phone"])
def test_nothing_sticks_out_at_the_side(open_page: Open, pictures: Path, count: int, size: ViewportSize) -> None:
    page = open_page(count, size)
    for place in range(3):
        page.locator("#rows details summary").nth(place * 7).click()
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    wide = page.evaluate(
        "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)"
        ".map((one) => one.tagName + '.' + one.className)"
    )
    assert wide == []
    narrow = page.evaluate(
        "Math.min(...[...document.querySelectorAll('dl dd')].map((one) => one.getBoundingClientRect().width))"
    )
    assert narrow >= 200
    page.screenshot(path=pictures / f"{count}-{size['width']}.png", full_page=True)


def test_in_the_dark(open_page: Open, pictures: Path) -> None:
    page = open_page(40, dark=True)
    red, green, blue = map(
        int, re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3]
    )
    assert max(red, green, blue) < 60
    page.screenshot(path=pictures / "40-dark.png", full_page=True)


def test_print_holds_all_that_the_filters_leave(open_page: Open, pictures: Path) -> None:
    page = open_page(40)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert len(shown(page)) == 42
    assert page.locator(".controls").is_hidden()
    assert page.locator("tr.more").count() == 42
    assert page.evaluate("document.documentElement.scrollWidth") == DESK["width"]
    page.emulate_media(media="null")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("tr.more").count() == 0
    # The browser itself tells the page that it prints.
    assert 10 <= sheets(page.pdf(path=pictures / "40.pdf", format="A4")) <= 20
    assert len(shown(page)) == 42
    assert page.locator("tr.more").count() == 0


def test_print_of_very_many_says_where_it_ends(open_page: Open, pictures: Path) -> None:
    page = open_page(10_000)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(shown(page)) == 1000
    assert "The first 1,000 of 10,500; the CSV file holds them all." in status(page)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(shown(page)) == 50
    assert 40 <= sheets(page.pdf(path=pictures / "10000.pdf", format="A4")) <= 120


def test_ten_thousand_are_no_more_work_than_forty(open_page: Open) -> None:
    """What a search costs, counted: texts that are prepared, and elements that are put on the page."""
    typing = """() => {
      const search = document.getElementById("search");
      const prepare = String.prototype.normalize;
      let prepared = 0;
      String.prototype.normalize = function (form) { prepared += 1; return prepare.call(this, form); };
      const counts = [];
      for (const text of ["a", "ad", "ada", "ada singh"]) {
        prepared = 0;
        search.value = text;
        search.dispatchEvent(new Event("input"));
        counts.push(prepared);
      }
      return counts;
    }"""
    few = open_page(40).evaluate(typing)
    page = open_page(10_000)
    elements = page.locator("*").count()
    many = page.evaluate(typing)
    # The first search prepares the texts, once for each row; each later one prepares what was typed, and no more.
    assert many[0] <= 2 * 10_500
    assert many[1:] == few[1:]
    assert elements < 5000
    assert len(shown(page)) == 50


def test_a_report_on_nobody(open_page: Open, pictures: Path) -> None:
    page = open_page(0)
    assert status(page) == "There are no users."
    assert page.locator(".headline").inner_text() == "There is no AD user in the scope."
    page.screenshot(path=pictures / "0-desk.png", full_page=True)


def test_the_page_works_by_keyboard(open_page: Open) -> None:
    page = open_page(40)
    page.locator(".bar[data-outcome=soft_match]").focus()
    page.keyboard.press("Space")
    assert "that fit" in status(page)
    page.keyboard.press("Enter")
    assert "that fit" not in status(page)
    page.locator("#search").focus()
    page.keyboard.type("user00013@")
    page.keyboard.press("Enter")
    assert shown(page) == ["user00013@contoso.com"]
