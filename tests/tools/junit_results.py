# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write and count JUnit XML: the one form in which every session says what it tested."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Case:
    """One test: `failure` is its text where it failed, `skipped` the reason where it was not run."""

    name: str
    seconds: float = 0.0
    failure: str | None = None
    skipped: str | None = None


@dataclasses.dataclass(frozen=True)
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def _printable(text: str) -> str:
    # XML 1.0 has no escape for control characters such as a terminal's colours.
    return "".join(c if c in "\t\n" or c.isprintable() else "?" for c in text)


def write(path: Path, suite: str, cases: Iterable[Case]) -> None:
    """Write the cases of one suite to `path`."""
    root = ET.Element("testsuites")
    element = ET.SubElement(root, "testsuite", name=suite)
    for case in cases:
        child = ET.SubElement(element, "testcase", classname=suite, name=case.name, time=f"{case.seconds:.3f}")
        if case.failure is not None:
            ET.SubElement(child, "failure").text = _printable(case.failure)
        elif case.skipped is not None:
            ET.SubElement(child, "skipped", message=_printable(case.skipped))
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def count(paths: Iterable[Path]) -> Counts:
    """Return the sum over files; an error counts as failed. A file that cannot be read raises ParseError."""
    total = Counts()
    for path in paths:
        for case in ET.parse(path).iter("testcase"):  # noqa: S314 - our own test runners wrote it
            if case.find("failure") is not None or case.find("error") is not None:
                total += Counts(failed=1)
            elif case.find("skipped") is not None:
                total += Counts(skipped=1)
            else:
                total += Counts(passed=1)
    return total


def skips(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Return {reason: names of the tests that were skipped for it}, in the order of the files."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for case in ET.parse(path).iter("testcase"):  # noqa: S314 - our own test runners wrote it
            skipped = case.find("skipped")
            if skipped is not None:
                reason = skipped.get("message") or (skipped.text or "").strip() or "no reason given"
                found.setdefault(reason, []).append(case.get("name") or "")
    return found
