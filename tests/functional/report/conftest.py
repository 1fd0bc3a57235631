# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Chromium, cut off from every network, and the pages that it looks at.

Screenshots and the PDF stay in .cache/report, for people to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import browsers
import made_files
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from ansible_collections.hybrid.identity.plugins.module_utils._report.encoding import joined
from ansible_collections.hybrid.identity.plugins.module_utils._report.model import make
from ansible_collections.hybrid.identity.plugins.module_utils._report.page import html_parts

ROOT = Path(__file__).resolve().parents[3]
PICTURES = ROOT / ".cache" / "report"
DESK: ViewportSize = {"width": 1280, "height": 900}
TABLET: ViewportSize = {"width": 800, "height": 1000}
PHONE: ViewportSize = {"width": 360, "height": 740}

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = browsers.find()
    if program is None:
        pytest.skip(browsers.MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, str], Path]:
    """The page of a plan or a result for that many AD users."""
    made: dict[tuple[int, str], Path] = {}

    def page_of(count: int, kind: str) -> Path:
        if (count, kind) not in made:
            header, records = getattr(made_files, kind)(count)
            path = tmp_path_factory.mktemp("page") / f"{count}.html"
            path.write_bytes(joined(html_parts(make(header, records, note="CHG-2041"))))
            made[count, kind] = path
        return made[count, kind]

    return page_of


@pytest.fixture
def open_page(browser: Browser, report: Callable[[int, str], Path]) -> Iterator[Open]:
    """Open the page for so many users. What the browser complains about, or asks of a network, fails the test."""
    complaints: list[str] = []
    contexts = []

    def show(
        count: int,
        size: ViewportSize | None = None,
        dark: bool = False,
        kind: str = "plan",
        script: str | None = None,
    ) -> Page:
        context = browser.new_context(
            viewport=size or DESK, offline=True, color_scheme="dark" if dark else "light", is_mobile=size is PHONE
        )
        contexts.append(context)
        # What a browser with a window grants by itself to a page on which somebody clicks.
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith("file:") else complaints.append(asked.url))
        page.goto(report(count, kind).as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert complaints == []
