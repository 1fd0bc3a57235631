# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures as tables, for a terminal and for a Markdown page. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .figures import MEGABYTE, Compared, Figure, Goal


@dataclass(frozen=True)
class Table:
    """``rows`` of text, one cell a column; columns whose name is in ``left`` are aligned left, the others right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[str] = ("",)

    def text(self) -> str:
        cells = [self.columns, *self.rows]
        widths = [max(len(row[at]) for row in cells) for at in range(len(self.columns))]
        lines = [
            "  ".join(
                cell.ljust(width) if column in self.left else cell.rjust(width)
                for cell, width, column in zip(row, widths, self.columns, strict=True)
            ).rstrip()
            for row in cells
        ]
        return "\n".join([self.title, "", *lines])

    def markdown(self) -> str:
        rule = ["---" if column in self.left else "---:" for column in self.columns]
        lines = ["| " + " | ".join(row) + " |" for row in (self.columns, rule, *self.rows)]
        return "\n".join([f"## {self.title}", "", *lines])


def measured(figures: Sequence[Figure]) -> Table:
    """Everything that was run, by number of users."""
    servers = list(dict.fromkeys(name for figure in figures for name in figure.server_cpu))
    rows = [
        [
            figure.what,
            f"{figure.users:,}",
            f"{figure.seconds:.1f}",
            f"{figure.per_user:.2f}",
            f"{figure.cpu:.1f}",
            f"{figure.requests:,}",
            f"{figure.writes:,}",
            _megabytes(figure.module_memory),
            _megabytes(figure.other_memory),
            *(f"{figure.server_cpu.get(name, 0):.1f}" for name in servers),
        ]
        for figure in sorted(figures, key=lambda figure: figure.users)
    ]
    columns = ["", "users", "s", "ms per user", "CPU s", "requests", "writes", "module MB", "other MB"]
    return Table("What was measured", [*columns, *(f"{name} CPU s" for name in servers)], rows)


def spent(by_size: Mapping[int, tuple[Mapping[str, float], Mapping[str, float]]]) -> Table:
    """Where the time goes: by size, seconds of a first run by action, and those with modules that do nothing."""
    names = dict.fromkeys(name for _size, (_role, empty) in by_size.items() for name in empty)
    rows = [
        [name, *(f"{role.get(name, 0):.1f} ({empty[name]:.1f})" for _size, (role, empty) in sorted(by_size.items()))]
        for name in names
    ]
    title = "Seconds of a first run by module, and (in brackets) with modules in their place that do nothing"
    return Table(title, ["", *(f"{size:,} users" for size in sorted(by_size))], rows)


def compared(base: str, lines: Sequence[Compared]) -> Table:
    """Both revisions side by side."""
    rows = [
        [
            each.what,
            f"{each.users:,}",
            *(f"{value:.1f}" for value in each.cpu),
            f"{each.cpu[1] / each.cpu[0]:.2f}",
            *(f"{value:.1f}" for value in each.seconds),
            f"{each.seconds[1] / each.seconds[0]:.2f}",
            *(f"{value:,}" for value in each.requests),
        ]
        for each in sorted(lines, key=lambda each: each.users)
    ]
    parts = ("base CPU s", "CPU s", "ratio", "base s", "s", "ratio", "base requests", "requests")
    return Table(f"Against {base}", ["", "users", *parts], rows)


def goals(found: Sequence[Goal]) -> Table:
    rows = [
        [goal.name, goal.wanted, goal.measured, f"missed {goal.missed_by}" if goal.missed_by else "met"]
        for goal in found
    ]
    columns = ["", "goal", "measured", "met?"]
    return Table("Goals", columns, rows, left=columns)


def page(date: str, machine: Sequence[str], tables: Sequence[Table], notes: Sequence[str]) -> str:
    """A Markdown page."""
    head = f"On {date}, by `make bench`, everything on one machine: {', '.join(machine)}."
    parts = [_LICENSE, "# Benchmark", head, *(table.markdown() for table in tables), "## What the figures are"]
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in notes)]) + "\n"


_LICENSE = """<!--
Copyright (c) 2026, hybrid.identity contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->"""


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.0f}" if size else ""
