# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML page that needs nothing else: no network, no other file.

The head, the bars and the tables of counts are written as HTML, so that they are there without scripts too. The users
travel as JSON inside the page and are shown by its script, a page of them at a time: ten thousand table rows would take
a browser seconds. The page's policy allows this one script, by its hash, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator

from .._identity.core.outcomes import outcome
from .._identity.core.text.counts import amount
from .model import Report, number
from .page_data import data_parts, other_name
from .page_effects import effects_section, marks_section
from .page_script import SCRIPT
from .page_style import STYLE
from .words import EFFECTS, OUTCOMES, attribute_label, effect_label, words


def html_parts(report: Report) -> Iterator[str]:
    """The page, in parts."""
    head = (
        "<!DOCTYPE html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{_text(report.title)}</title>",
        f"<style>{STYLE}</style></head>",
        "<body>",
        f"<header><h1>{_text(report.title)}</h1>",
        f'<p class="note"><bdi>{_text(report.note)}</bdi></p>' if report.note else "",
        f'<p class="headline">{_text(report.headline())}</p>',
        _head(report),
        "</header>",
        "<main>",
        _verdict(report),
        _unread(report),
        _bars(report),
        effects_section(report.effects),
        marks_section(report.marks),
        _overwrites(report),
        _users(report),
        _legend(report),
        "</main>",
    )
    yield "\n".join(part for part in head if part)
    yield '\n<script type="application/json" id="data">'
    yield from data_parts(report)
    yield f"</script>\n<script>{SCRIPT}</script>\n</body></html>\n"


def _policy() -> str:
    script, style = (base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() for source in (SCRIPT, STYLE))
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _head(report: Report) -> str:
    lines = "".join(f"<dt>{_text(label)}</dt><dd><bdi>{_text(value)}</bdi></dd>" for label, value in report.head)
    return f'<dl class="legend" id="head">{lines}</dl>'


def _verdict(report: Report) -> str:
    if not report.verdict:
        return ""
    title = "Not everything was done" if report.is_result else "The plan cannot be applied"
    return f'<section class="verdict" id="verdict"><h2>{title}</h2><p><bdi>{_text(report.verdict)}</bdi></p></section>'


def _unread(report: Report) -> str:
    if not report.unread and not report.caveats:
        return ""
    items = "".join(
        f"<li><bdi>{_text(words(each.what))}</bdi>"
        + (f" (permission: <code>{_text(each.permission)}</code>)" if each.permission else "")
        + (": the check is skipped" if each.is_skipped else "")
        + "</li>"
        for each in report.unread
    )
    items += "".join(f"<li><bdi>{_text(sentence)}</bdi></li>" for sentence in report.caveats)
    return f'<section class="unread" id="unread"><h2>What could not be read</h2><ul>{items}</ul></section>'


def _bars(report: Report) -> str:
    # A policy without inline styles leaves the widths to SVG.
    most = max(report.counts.values(), default=0)
    bars = []
    for key, count in report.counts.items():
        kind = outcome(key)
        width = 100 * count / most if most else 0
        bars.append(
            f'<button type="button" class="bar {kind.group}" data-outcome="{_text(key)}" aria-pressed="false"'
            f'{"" if count else " disabled"} title="{_text(kind.meaning)}">'
            f'<span class="label">{_text(kind.label)}</span><span class="count">{number(count)}</span>'
            f'<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="track" width="100" height="4"/><rect class="fill" width="{width:.2f}" height="4"/>'
            "</svg></button>"
        )
    heading, shows = ("Statuses", "statuses") if report.by_status else ("Outcomes", "outcomes")
    total = amount(report.total + report.apart, "AD user")
    if report.outside:
        total += f" and {amount(report.outside, 'cloud user')} without one"
    return (
        f'<section id="summary"><h2>{heading} <small>{_text(total)}</small></h2>'
        f'<div class="bars" role="group" aria-label="Show only these {shows}">{"".join(bars)}</div></section>'
    )


def _overwrites(report: Report) -> str:
    if not report.overwrites:
        return ""
    body = "".join(
        f"<tr><td><bdi>{_text(attribute_label(attribute))}</bdi></td><td>{_text(effect_label(effect))}</td>"
        f'<td class="number">{number(count)}</td></tr>'
        for (attribute, effect), count in report.overwrites.items()
    )
    found = {effect for _attribute, effect in report.overwrites}
    meanings = "".join(
        f"<dt>{_text(label)}</dt><dd>{_text(meaning)}</dd>" for key, (label, meaning) in EFFECTS.items() if key in found
    )
    return (
        '<section id="overwrites"><h2>What the matches would change in the cloud</h2><table class="figures">'
        '<thead><tr><th>Attribute</th><th>Effect</th><th class="number">Users</th></tr></thead>'
        f'<tbody>{body}</tbody></table><dl class="legend">{meanings}</dl></section>'
    )


def _legend(report: Report) -> str:
    if not report.is_predicted:
        return ""
    items = "".join(
        f'<dt class="{kind.group}">{_text(kind.label)}</dt><dd>{_text(kind.meaning)}</dd>'
        for kind in map(outcome, OUTCOMES)
    )
    return f'<section id="meanings"><h2>What the outcomes mean</h2><dl class="legend">{items}</dl></section>'


def _users(report: Report) -> str:
    kind = "Status" if report.by_status else "Outcome"
    return f"""<section id="users"><h2>Users</h2>
<noscript><p>The list of users needs JavaScript. The CSV file contains the same list.</p></noscript>
<form class="controls" id="controls" hidden>
<label>Search<input type="search" id="search" autocomplete="off" placeholder="Name, address, GUID, reason"></label>
<label>{other_name(report)}<select id="other"><option value="">All users</option></select></label>
<label>Cause<select id="cause"><option value="">All causes</option></select></label>
<label>Effect of the match<select id="effect"><option value="">All users</option></select></label>
<label>Mark<select id="mark"><option value="">All users</option></select></label>
<label>Changes in the cloud<select id="change"><option value="">All users</option></select></label>
<button type="reset" id="reset">Show all</button>
</form>
<div class="found"><p id="status" role="status" aria-live="polite"></p>
<button type="button" id="copy" hidden>Copy these users as CSV</button><span id="copied" role="status"></span></div>
<table id="rows" hidden>
<thead><tr>{_sortable("User", kind, "Why", "Overwrites")}</tr></thead><tbody></tbody></table>
<nav class="pager" id="pager" aria-label="Pages of users" hidden>
<button type="button" id="previous">Previous</button><span id="page"></span>
<button type="button" id="next">Next</button>
</nav></section>"""


def _sortable(*columns: str) -> str:
    """The head of a table whose rows the script sorts by the column of a button."""
    return "".join(
        f'<th scope="col" aria-sort="none"><button type="button" class="sort">{column}</button></th>'
        for column in columns
    )
