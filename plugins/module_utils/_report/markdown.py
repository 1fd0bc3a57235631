# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as Markdown that fits the summary page of a CI job, whatever the number of users."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._identity.core.outcomes import outcome
from .._identity.core.text.counts import amount
from .._identity.core.text.log_reasons import log_reason
from .._identity.core.text.visible import LONGEST, visible
from .encoding import encoded
from .model import Report, Unread, number
from .words import MATCH_EFFECTS, attribute_label, effect_label, match_effect_label, words

MAX_BYTES = 512 * 1024
"""The file is never larger: a CI service cuts long pages, or drops them (GitHub beyond 1 MiB for a step)."""

_MAX_CELL = 300
_MAX_SENTENCE = 1000
_MAX_ATTRIBUTES = 50
_MAX_UNREAD = 20
_BAR = 20
# What Markdown, HTML, mentions, links, emojis and formulas are made of; adele.vance@contoso.com stays readable.
_SPECIAL = re.compile(r"[\\`*{}\[\]<>#|~&$]|(?<!\w)[@_]|_(?!\w)|:(?=//|\w+:)|(?<=[Ww]{3})\.")


def to_markdown(report: Report, limit: int = 100) -> bytes:
    """A summary: counts, what could not be read, what would be overwritten, who needs a decision, and ImmutableIds.

    At most ``limit`` users are named in each table, and never more than fit into ``MAX_BYTES``; a last line says how
    many more there are.
    """
    lines = [f"# {plain(report.title)}", ""]
    if report.note:
        lines += [f"*{plain(report.note)}*", ""]
    lines += [f"**{plain(report.headline())}**", ""]
    lines += [f"- {plain(label)}: {plain(value)}" for label, value in report.head] + [""]
    if report.verdict:
        lines += [plain(report.verdict, LONGEST), ""]
    lines += [f"| {'Status' if report.by_status else 'Outcome'} | Users | |", "| --- | ---: | --- |"]
    for key, count in report.counts.items():
        if count:
            blocks = "█" * round(_BAR * count / max(report.total, count)) or "▏"
            lines.append(f"| {plain(outcome(key).label)} | {number(count)} | {blocks} |")
    lines += _unknown(report) + _effects(report) + _overwrites(report)
    lines += _users(report, limit, MAX_BYTES - _size(lines))
    lines += _immutable_ids(report, limit, MAX_BYTES - _size(lines))
    return encoded("\n".join(lines) + "\n")


def _unknown(report: Report) -> list[str]:
    if not report.unread and not report.caveats:
        return []
    unread = [f"- {plain(words(each.what))}{_answer(each)}" for each in report.unread[:_MAX_UNREAD]]
    caveats = [f"- {plain(sentence, _MAX_SENTENCE)}" for sentence in report.caveats[:_MAX_UNREAD]]
    return ["", "## What could not be read", "", *unread, *caveats]


def _answer(unread: Unread) -> str:
    permission = f" (permission: {plain(unread.permission)})" if unread.permission else ""
    return permission + (": the check is skipped" if unread.is_skipped else "")


def _effects(report: Report) -> list[str]:
    if not report.effects:
        return []
    lines = ["", "## Effects of the matches", "", "| Effect | Users | |", "| --- | ---: | --- |"]
    return lines + [
        f"| {plain(match_effect_label(key))} | {number(count)} | {plain(MATCH_EFFECTS.get(key, ''))} |"
        for key, count in [*report.effects.items()][:_MAX_ATTRIBUTES]
    ]


def _overwrites(report: Report) -> list[str]:
    if not report.overwrites:
        return []
    lines = ["", "## What the matches would change in the cloud", ""]
    lines += ["| Attribute | Effect | Users |", "| --- | --- | ---: |"]
    for (attribute, effect), count in list(report.overwrites.items())[:_MAX_ATTRIBUTES]:
        lines.append(f"| {plain(attribute_label(attribute))} | {plain(effect_label(effect))} | {number(count)} |")
    if len(report.overwrites) > _MAX_ATTRIBUTES:
        lines += ["", f"… and {len(report.overwrites) - _MAX_ATTRIBUTES} more."]
    return lines


def _users(report: Report, limit: int, room: int) -> list[str]:
    waiting = [row for row in report.rows if row.needs_decision]
    if not waiting:
        return []
    head = ["User", "Status" if report.by_status else "Outcome", "Why"]
    cells = (
        (row.name, report.kind(row).label, log_reason(row.reason, row.cause) or report.kind(row).meaning)
        for row in waiting[: max(limit, 0)]
    )
    needs = "needs" if len(waiting) == 1 else "need"
    none = f"{amount(len(waiting), 'user')} {needs} a decision. The other files list all users."
    return _table("Users who need a decision", head, cells, len(waiting), room) or ["", none]


def _immutable_ids(report: Report, limit: int, room: int) -> list[str]:
    """The values before and after of the cloud users whom the run writes."""
    changed = [row for row in report.rows if row.is_changed and row.immutable_ids[0] != row.immutable_ids[1]]
    cells = ((row.name, *(value or "none" for value in row.immutable_ids)) for row in changed[: max(limit, 0)])
    return _table("ImmutableIds before and after", ["User", "Before", "After"], cells, len(changed), room)


def _table(title: str, head: list[str], rows: Iterable[tuple[str, ...]], count: int, room: int) -> list[str]:
    """Return a section with as many rows as there is room for, and how many of ``count`` are not in it.

    It is empty if it would have no rows. ``room`` is in bytes.
    """
    lines = ["", f"## {title}", "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    start = len(lines)
    room -= _size(lines) + 200
    for row in rows:
        line = f"| {' | '.join(map(plain, row))} |"
        room -= _size([line])
        if room < 0:
            break
        lines.append(line)
    named = len(lines) - start
    if named < count:
        lines += ["", f"… and {amount(count - named, 'more user')}. The other files of the report list all users."]
    return lines if named else []


def _size(lines: list[str]) -> int:
    return sum(len(encoded(line)) + 1 for line in lines)


def plain(text: str, longest: int = _MAX_CELL) -> str:
    """Text that stays text in Markdown: nothing in it becomes a link, a mention, a tag or a new cell."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found.group())};", visible(text.strip(), longest))
