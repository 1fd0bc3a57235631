# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each link from page to page leads to a file and a heading that exist, and each page in docs can be found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*ROOT.glob("*.md"), *DOCS, *ROOT.glob("roles/*/README.md"), *sorted(ROOT.glob("tests/**/*.md"))]
TEXTS = [
    *(ROOT / name for name in ("Makefile", "galaxy.yml", "noxfile.py")),
    *ROOT.glob(".github/**/*.*"),
    *(
        path
        for folder in ("changelogs", "playbooks", "plugins", "roles", "tests")
        for path in (ROOT / folder).rglob("*")
    ),
]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def slugs(text: str) -> Iterator[str]:
    """The anchors that GitHub gives to the headings of a page."""
    seen: Counter[str] = Counter()
    for heading in re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", LINK.sub("", heading).lower()).strip().replace(" ", "-")
        yield f"{slug}-{seen[slug]}" if seen[slug] else slug
        seen[slug] += 1


@cache
def anchors(page: Path) -> frozenset[str]:
    return frozenset(slugs(page.read_text("utf-8")))


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for link in LINK.findall(prose(page.read_text("utf-8"))):
        path, _hash, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if "://" in link:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


def test_anchors_are_those_of_github() -> None:
    page = "# A `code_name`, and more\n## Twice\n```shell\n# no heading\n```\n## Twice\n## Why [a link](x.md)\n"
    assert list(slugs(page)) == ["a-code_name-and-more", "twice", "twice-1", "why"]


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](#one) [b](#two) [c](gone.md) [d](page.md#one) [e](https://example.com/gone)\n", "utf-8")
    assert broken(page) == ["#two", "gone.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    assert not broken(page)


def test_pages_that_texts_name_exist() -> None:
    pages = {f"docs/{page.name}" for page in DOCS}
    for path in TEXTS:
        if path.is_file() and path.suffix in {"", ".md", ".ps1", ".psm1", ".py", ".yml"}:
            # Not the pages of other projects, whose paths are longer.
            named = set(re.findall(r"(?<![\w./-])docs/[a-z_]+\.md", path.read_text("utf-8")))
            assert named <= pages, path


def test_readme_leads_to_each_page() -> None:
    linked = {link.partition("#")[0] for link in LINK.findall((ROOT / "README.md").read_text("utf-8"))}
    assert {f"docs/{page.name}" for page in DOCS} <= linked
