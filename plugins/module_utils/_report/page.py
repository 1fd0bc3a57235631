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
import json
from typing import Any

from .._identity.core.outcomes import outcome
from .model import Report, Row, number, people, shown
from .page_script import SCRIPT
from .page_style import STYLE
from .tables import encoded
from .words import EFFECTS, OUTCOMES, effect_label, words

_DETAILS = (
    ("sam_account_name", "Account name"),
    ("distinguished_name", "AD user"),
    ("object_guid", "GUID"),
    ("immutable_id", "ImmutableId"),
    ("cloud_user_principal_name", "Cloud user"),
    ("cloud_immutable_id", "ImmutableId in the cloud"),
    ("id", "Cloud object id"),
    ("future_user_principal_name", "Cloud UPN after a sync"),
    ("quarantined", "In quarantine"),
    ("unknown", "Hangs on"),
    ("expected", "Otherwise"),
)


def to_html(report: Report) -> bytes:
    """The page."""
    parts = (
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
        f'<p class="verdict">{_text(report.verdict())}</p></header>',
        "<main>",
        _unread(report),
        _bars(report),
        _effects(report),
        _USERS,
        _legend(),
        "</main>",
        f'<script type="application/json" id="data">{_embedded(_data(report))}</script>',
        f"<script>{SCRIPT}</script>",
        "</body></html>",
    )
    return encoded("\n".join(part for part in parts if part) + "\n")


def _policy() -> str:
    script, style = (base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() for source in (SCRIPT, STYLE))
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _text(text: str) -> str:
    return html.escape(text, quote=True)


def _unread(report: Report) -> str:
    if not report.unknown:
        return ""
    items = "".join(
        f"<li><bdi>{_text(words(what))}</bdi>"
        + (f": the permission <code>{_text(permission)}</code> would answer it" if permission else "")
        + ("; taken as usual, since skip_checks names it" if skipped else "")
        + "</li>"
        for what, permission, skipped in report.unknown
    )
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
    total = people(report.total, "AD user")
    if report.outside:
        total += f" and {people(report.outside, 'cloud user')} without one"
    return (
        f'<section id="summary"><h2>Outcomes <small>{_text(total)}</small></h2>'
        f'<div class="bars" role="group" aria-label="Show only these outcomes">{"".join(bars)}</div></section>'
    )


def _effects(report: Report) -> str:
    if not report.effects:
        return ""
    body = "".join(
        f"<tr><td><bdi>{_text(attribute).replace('_', '_<wbr>')}</bdi></td><td>{_text(effect_label(effect))}</td>"
        f'<td class="number">{number(count)}</td></tr>'
        for (attribute, effect), count in report.effects.items()
    )
    found = {effect for _attribute, effect in report.effects}
    meanings = "".join(
        f"<dt>{_text(label)}</dt><dd>{_text(meaning)}</dd>" for key, (label, meaning) in EFFECTS.items() if key in found
    )
    return (
        '<section id="effects"><h2>What the matches would change in the cloud</h2><table class="figures">'
        '<thead><tr><th>Attribute</th><th>Effect</th><th class="number">Users</th></tr></thead>'
        f'<tbody>{body}</tbody></table><dl class="legend">{meanings}</dl></section>'
    )


def _legend() -> str:
    items = "".join(
        f'<dt class="{kind.group}">{_text(kind.label)}</dt><dd>{_text(kind.meaning)}</dd>'
        for kind in map(outcome, OUTCOMES)
    )
    return f'<section id="meanings"><h2>What the outcomes mean</h2><dl class="legend">{items}</dl></section>'


_USERS = """<section id="users"><h2>Users</h2>
<noscript><p>The list of users needs scripts to be allowed; the CSV and JSON files hold it too.</p></noscript>
<form class="controls" id="controls" hidden>
<label>Search<input type="search" id="search" autocomplete="off" placeholder="Name, address, GUID, reason"></label>
<label>Cause<select id="cause"><option value="">All causes</option></select></label>
<label>Changes in the cloud<select id="change"><option value="">All users</option></select></label>
<button type="reset" id="reset">Show all</button>
</form>
<p id="status" role="status" aria-live="polite"></p>
<table id="rows" hidden>
<thead><tr><th>User</th><th>Outcome</th><th>Why</th><th>Changes</th></tr></thead><tbody></tbody></table>
<nav class="pager" id="pager" aria-label="Pages of users" hidden>
<button type="button" id="previous">Previous</button><span id="page"></span>
<button type="button" id="next">Next</button>
</nav></section>"""


def _data(report: Report) -> dict[str, Any]:
    """The users, as lists and with names by number: a third of the size of one object a user."""
    kinds, causes, attributes, effects = _Numbers(), _Numbers(), _Numbers(), _Numbers()
    rows = [_cells(row, kinds, causes, attributes, effects) for row in report.rows]
    return {
        "outcomes": [[key, outcome(key).label, outcome(key).group] for key in kinds.names],
        "causes": [[key, words(key)] for key in causes.names],
        "attributes": attributes.names,
        "effects": [[key, effect_label(key)] for key in effects.names],
        "details": [label for _key, label in _DETAILS],
        "rows": rows,
    }


def _cells(row: Row, kinds: _Numbers, causes: _Numbers, attributes: _Numbers, effects: _Numbers) -> list[Any]:
    changes = [[attributes.of(one.attribute), effects.of(one.effect), one.cloud, one.ad] for one in row.overwrites]
    details = [_detail(row, key) for key, _label in _DETAILS]
    return [
        kinds.of(row.outcome.key),
        [causes.of(cause) for cause in row.causes],
        row.name,
        row.reason,
        details,
        changes,
        row.allowed is False,
    ]


def _detail(row: Row, key: str) -> str:
    value = row.record.get(key)
    if key == "quarantined" and isinstance(value, list):
        held = (one for one in value if isinstance(one, dict))
        return "; ".join(f"{shown(one.get('value'))} (held by {shown(one.get('holder'))})" for one in held)
    if key == "unknown" and isinstance(value, list):
        return "; ".join(words(shown(aspect)) for aspect in value)
    if key == "expected" and value:
        return outcome(shown(value)).label
    return shown(value)


class _Numbers:
    """Names by the number of their first appearance."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}

    def of(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]


def _embedded(data: dict[str, Any]) -> str:
    """JSON that cannot end the element it stands in, whatever the names in it hold."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
