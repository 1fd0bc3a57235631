# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of the users on the page, and the CSV of those whom the filters leave."""

from __future__ import annotations

import csv
import io
import re

import pytest
from conftest import PHONE, Open
from made_files import plan, result
from playwright.sync_api import Page, expect

from ansible_collections.hybrid.identity.plugins.module_utils._report.csv_view import csv_lines
from ansible_collections.hybrid.identity.plugins.module_utils._report.model import make

SIZES = [40, 10_000]
NO_CLIPBOARD = "delete Navigator.prototype.clipboard"


def column(page: Page, number: int) -> list[str]:
    cells = page.locator(f"#rows > tbody > tr > td:nth-child({number})")
    if number == 1:
        cells = cells.locator("> bdi")
    elif number == 2:
        cells = cells.locator(".pill")
    return cells.all_inner_texts()


def head(page: Page, name: str) -> tuple[str | None, int]:
    """How the column is sorted, and how many columns are."""
    cells = page.locator("#rows > thead th")
    sorted_ones = page.locator("#rows > thead th:not([aria-sort=none])")
    return cells.filter(has_text=name).get_attribute("aria-sort"), sorted_ones.count()


def pasted(page: Page) -> str:
    """What is on the clipboard, as a person pastes it."""
    page.evaluate(
        """addEventListener("paste", (event) => {
          window.pasted = event.clipboardData.getData("text/plain");
          event.preventDefault();
        }, { once: true })"""
    )
    page.keyboard.press("Control+V")
    return str(page.evaluate("window.pasted"))


@pytest.mark.parametrize("count", SIZES)
def test_a_column_sorts_up_down_and_not_at_all(open_page: Open, count: int) -> None:
    page = open_page(count)
    first = column(page, 1)
    button = page.get_by_role("button", name="User", exact=True)
    names = sorted(user["ad"]["user_principal_name"] for user in plan(count)[1][2:] if user["ad"])
    button.click()
    assert head(page, "User") == ("ascending", 1)
    up = [name for name in column(page, 1) if name.startswith("user")]
    assert up == names[: len(up)]
    button.click()
    assert head(page, "User") == ("descending", 1)
    down = [name for name in column(page, 1) if name.startswith("user")]
    assert down == names[::-1][: len(down)]
    button.focus()
    page.keyboard.press("Enter")
    assert head(page, "User") == ("none", 0)
    assert column(page, 1) == first


@pytest.mark.parametrize("count", SIZES)
def test_equal_users_keep_their_order_and_empty_cells_come_last(open_page: Open, count: int) -> None:
    page = open_page(count)
    page.locator("#search").fill("user")
    page.get_by_role("button", name="Overwrites").click()
    page.get_by_role("button", name="Overwrites").click()
    assert head(page, "Overwrites") == ("descending", 1)
    most = [int(text or 0) for text in column(page, 4)]
    assert most == sorted(most, reverse=True)
    assert most[0] == max(len(user["match"]["overwrites"]) for user in plan(count)[1][1:] if user["ad"])
    page.get_by_role("button", name="Why").click()
    assert head(page, "Overwrites") == ("none", 1)
    reasons = [text for text in page.locator("#rows .reason").all_inner_texts() if text[0].isalpha()]
    assert len(reasons) >= min(count // 4, 40)
    assert reasons == sorted(reasons, key=str.casefold)
    page.get_by_role("button", name="Outcome", exact=True).click()
    labels = column(page, 2)
    assert labels == sorted(labels)
    # Another filter keeps the order.
    page.locator("#search").fill("user0001")
    labels = column(page, 2)
    assert len(labels) == 10
    assert labels == sorted(labels)


def test_a_phone_can_sort_too(open_page: Open) -> None:
    page = open_page(40, PHONE)
    page.get_by_role("button", name="User", exact=True).click()
    assert head(page, "User") == ("ascending", 1)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("blocked", [False, True], ids=["clipboard", "selection"])
@pytest.mark.parametrize("kind", ["plan", "result"])
@pytest.mark.parametrize("count", SIZES)
def test_the_copy_is_what_the_csv_file_has(open_page: Open, count: int, kind: str, blocked: bool) -> None:
    """Also if the browser has no clipboard for pages from files."""
    header, records = (plan if kind == "plan" else result)(count)
    lines = [*csv.reader(io.StringIO("".join(csv_lines(make(header, records))).lstrip("\ufeff"), newline=""))]
    page = open_page(count, kind=kind, script=NO_CLIPBOARD if blocked else None)
    button = page.get_by_role("button", name="Copy these users as CSV")
    button.click()
    expect(page.locator("#copied")).to_have_text(f"Users copied: {len(lines) - 1:,}.")
    expect(button).to_be_focused()
    assert [*csv.reader(io.StringIO(pasted(page)))] == lines


def test_the_copy_holds_whom_the_filters_leave_in_their_order(open_page: Open) -> None:
    page = open_page(10_000)
    page.locator(".bar[data-outcome=conflict]").click()
    page.locator("#search").fill("user0")
    page.get_by_role("button", name="User", exact=True).click()
    page.get_by_role("button", name="Copy these users as CSV").click()
    users = sorted(
        user["ad"]["user_principal_name"]
        for user in plan(10_000)[1]
        if user["ad"] and user["match"]["outcome"] == "conflict"
    )
    rows = [*csv.DictReader(io.StringIO(pasted(page)))]
    assert [row["user_principal_name"] for row in rows] == [name for name in users if re.match("user0", name)]
    page.locator("#search").fill("no such person anywhere")
    expect(page.locator("#copy")).to_be_hidden()
    expect(page.locator("#copied")).to_be_empty()


def test_a_browser_that_refuses_says_so(open_page: Open) -> None:
    page = open_page(40, script=f"{NO_CLIPBOARD}; document.execCommand = () => false")
    page.get_by_role("button", name="Copy these users as CSV").click()
    expect(page.locator("#copied")).to_have_text("The browser does not let this page copy.")
    assert page.locator("textarea").count() == 0
