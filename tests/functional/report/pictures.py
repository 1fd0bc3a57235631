# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures in docs/images: the table and the report that `make demo` left in .cache/demo, as Chromium shows them.

`make pictures` runs the demo and then this program. Look at the pictures before you commit them.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path

import browsers
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
TABLE, REPORT = (ROOT / ".cache" / "demo" / name for name in ("table.txt", "report.html"))
IMAGES = ROOT / "docs" / "images"
WIDTH, USERS_HEIGHT, MARGIN = 1000, 640, 16
"""GitHub shows a README about 830 pixels wide, so a wider page would have letters that nobody can read."""
LINES = 40
"""Of the table: all of it in the demo as it is."""
LIMIT = 150_000
"""Bytes of a picture: a clone has each of its versions."""

TABLE_PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<style>
body {{ margin: 0; background: #fff }}
pre {{ margin: 0; padding: 16px 20px; color: #1f2328; background: #f6f8fa; overflow: hidden;
       font: 15px/1.45 "DejaVu Sans Mono", "Liberation Mono", monospace }}
</style>
<pre>{text}</pre>
"""


def shorten(table: str) -> str:
    """The first lines of the table, whose sentences may be longer than the picture is wide."""
    lines = table.rstrip("\n").splitlines()
    shown = [line if len(line) <= 104 else f"{line[:103].rstrip()}…" for line in lines[:LINES]]
    return "\n".join([*shown, "  …"] if len(lines) > LINES else shown)


def take_table(page: Page, path: Path) -> None:
    page.set_content(TABLE_PAGE.format(text=html.escape(shorten(TABLE.read_text("utf-8")))))
    page.screenshot(path=path, full_page=True)


def take_head(page: Page, path: Path) -> None:
    """The report from its title to the bars of the outcomes."""
    page.goto(REPORT.as_uri())
    box = page.locator("#summary").bounding_box()
    assert box is not None
    height = box["y"] + box["height"] + MARGIN
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})


def take_users(page: Page, path: Path) -> None:
    """The filters of the report, and the first users."""
    page.goto(REPORT.as_uri())
    box = page.locator("#users").bounding_box()
    assert box is not None
    top = box["y"] - MARGIN
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": top, "width": WIDTH, "height": USERS_HEIGHT})


PICTURES = {"demo": take_table, "report": take_head, "report-users": take_users}


def main() -> int:
    program = browsers.find()
    if program is None or not (TABLE.exists() and REPORT.exists()):
        print(browsers.MISSING if program is None else "The demo has left no table and no report: run make demo first.")
        return 1
    taken = [IMAGES / f"{name}.png" for name in PICTURES]
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 600})
        for take, path in zip(PICTURES.values(), taken, strict=True):
            take(page, path)
        browser.close()
    too_large = [path for path in taken if path.stat().st_size > LIMIT]
    for path in taken:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    if too_large:
        print(f"A picture may have {LIMIT:,} bytes at most.")
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
