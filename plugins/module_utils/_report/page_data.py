# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users of the page, as the JSON from which its script makes rows and CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .._identity.core.outcomes import CLOUD_ONLY, Outcome, outcome
from .csv_view import COLUMNS
from .model import Report
from .people import PASSWORDS
from .rows import VALUES, Row
from .words import QUIET_EFFECTS, attribute_label, effect_label, mark_label, match_effect_label, words, written_label

_LABELS = {
    "sam_account_name": "Account name",
    "distinguished_name": "AD user",
    "object_guid": "GUID",
    "immutable_id": "ImmutableId of the AD user",
    "cloud_user_principal_name": "Cloud user",
    "id": "Cloud object id",
    "immutable_id_before": "ImmutableId before",
    "immutable_id_after": "ImmutableId after",
    "future_user_principal_name": "Cloud UPN after a sync",
}
_MORE = {
    "name": "Name",
    "address": "Address",
    "addresses_lost": "Addresses lost",
    "password": "Password after a sync",
    "organizational_unit": "Organizational unit",
    "account_made": "AD account made",
    "upn_changed": "AD user principal name last changed",
    "quarantined": "In quarantine",
    "unknown": "Depends on",
    "expected": "Otherwise",
}
_PLACES = tuple(VALUES.index(name) for name in _LABELS)


def other_name(report: Report) -> str:
    """What to call the outcome or the status by which the report does not count."""
    return "Outcome" if report.by_status else "Planned"


def data_parts(report: Report) -> Iterator[str]:
    """The users, as lists and with names by number: a third of the size of one object a user."""
    names = _Names()
    before = '{"rows":['
    for row in report.rows:
        yield before + _embedded(_cells(report, row, names))
        before = ","
    expected = dict.fromkeys(row.expected for row in report.rows if row.expected)
    rest = {
        "outcomes": [[key, outcome(key).label, outcome(key).group] for key in names.outcomes.names],
        "causes": [[key, words(key)] for key in names.causes.names],
        "attributes": [attribute_label(key) for key in names.attributes.names],
        "effects": [[key, effect_label(key)] for key in names.effects.names],
        "matches": [[key, match_effect_label(key)] for key in names.matches.names],
        "quiet": [*QUIET_EFFECTS],
        "marks": [[key, mark_label(key)] for key in names.marks.names],
        "written": [written_label(key) for key in names.written.names],
        "details": [*({**_LABELS, **_MORE}).items()],
        "said": {"password": PASSWORDS, "expected": {key: outcome(key).label for key in expected}},
        "other": other_name(report),
        "columns": COLUMNS,
    }
    yield ("" if report.rows else before) + f"],{_embedded(rest)[1:]}"


def _cells(report: Report, row: Row, names: _Names) -> list[Any]:
    kind, other = report.kind(row), report.other(row)
    person = row.person
    details = [row.values[place] for place in _PLACES]
    details += [person.name, person.address, "; ".join(person.lost), person.password, *person.account]
    predicted = CLOUD_ONLY if row.is_outside else row.prediction.key if row.prediction else None
    return [
        names.outcomes.of(kind.key),
        [names.causes.of(key) for key in row.causes],
        row.name,
        row.reason,
        [*details, row.quarantined, row.unknown, row.expected],
        [
            [names.attributes.of(one.attribute), names.effects.of(one.effect), one.cloud, one.ad]
            for one in row.overwrites
        ],
        [[names.written.of(one.attribute), one.id, one.before, one.after] for one in row.writes],
        names.outcomes.of(other.key) if other else -1,
        int(_is_marked(kind, other)),
        [names.matches.of(key) for key in row.effects],
        [names.marks.of(key) for key in person.marks],
        [
            names.outcomes.of(predicted) if predicted else -1,
            names.outcomes.of(row.status.key) if row.status else -1,
            int(row.name == row.user_principal_name),
        ],
    ]


def _is_marked(kind: Outcome, other: Outcome | None) -> bool:
    """Whether the row itself shows the other outcome: a user with a good prediction may be refused all the same."""
    return other is not None and other.needs_attention and other != kind


class _Names:
    """The names that rows refer to by number."""

    def __init__(self) -> None:
        self.outcomes, self.causes, self.attributes = _Numbers(), _Numbers(), _Numbers()
        self.effects, self.written = _Numbers(), _Numbers()
        self.matches, self.marks = _Numbers(), _Numbers()


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


def _embedded(data: Any) -> str:
    """JSON that cannot end the element it stands in, whatever the names in it hold."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
