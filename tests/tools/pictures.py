# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's pictures: the table and the report that `make demo` left in .cache/demo, as Chromium shows them.

`make pictures` runs the demo and then this program. Look at the pictures before you commit them.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path

import browsers
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TABLE, REPORT = (ROOT / ".cache" / "demo" / name for name in ("table.txt", "report.html"))
IMAGES = ROOT / "docs" / "images"
WIDTH, REPORT_HEIGHT = 1000, 860
"""GitHub shows a README about 830 pixels wide, so a wider page would have letters that nobody can read."""
LINES = 26
"""Of the table: all counts, and some of the users who were not matched."""
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


def take(browser: Browser, name: str, source: str | Path, height: int | None) -> Path:
    """Make a picture of the first `height` pixels of a page, or of the whole page."""
    page = browser.new_page(viewport={"width": WIDTH, "height": height or 100})
    if isinstance(source, Path):
        page.goto(source.as_uri())
    else:
        page.set_content(source)
    path = IMAGES / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(page.screenshot(full_page=height is None))
    page.close()
    return path


def main() -> int:
    program = browsers.find()
    if program is None or not (TABLE.exists() and REPORT.exists()):
        print(browsers.MISSING if program is None else "The demo has left no table and no report: run make demo first.")
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        table = TABLE_PAGE.format(text=html.escape(shorten(TABLE.read_text("utf-8"))))
        taken = [
            take(browser, "demo", table, None),
            take(browser, "report", REPORT, REPORT_HEIGHT),
        ]
        browser.close()
    too_large = [path for path in taken if path.stat().st_size > LIMIT]
    for path in taken:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    if too_large:
        print(f"A picture may have {LIMIT:,} bytes at most.")
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
