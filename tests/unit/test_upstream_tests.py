# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each workaround names the test in tests/upstream that says when it can go, and each such test is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UPSTREAM = ROOT / "tests" / "upstream"
# Where workarounds may be. Not the tests of tests/upstream, which may name each other.
PLACES = ("plugins", "roles", "playbooks", "meta", "tests/integration", "tests/lab", "requirements.txt")
SUFFIXES = (".py", ".yml", ".j2", ".ps1", ".psm1", ".txt")
NAME = re.compile(r"\btests/upstream/(test_\w+\.py)::(\w+)")
MENTION = re.compile(r"\btests/upstream\b")


def files() -> Iterator[Path]:
    for place in PLACES:
        path = ROOT / place
        found = [path] if path.is_file() else path.rglob("*")
        yield from (each for each in found if each.is_file() and each.suffix in SUFFIXES)


def named() -> set[str]:
    return {f"{file}::{test}" for path in files() for file, test in NAME.findall(path.read_text(encoding="utf-8"))}


def written() -> set[str]:
    return {
        f"{path.name}::{node.name}"
        for path in UPSTREAM.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_each_test_that_a_workaround_names_is_there() -> None:
    assert named() - written() == set()


def test_each_upstream_test_is_named_by_a_workaround() -> None:
    assert written() - named() == set()


def test_a_workaround_names_its_test_in_full() -> None:
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert len(MENTION.findall(text)) == len(NAME.findall(text)), f"{path} names tests/upstream without a test"


def test_there_is_something_to_check() -> None:
    assert len(written()) > 20
