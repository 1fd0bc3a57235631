# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users of a plan or a result, as every view of a report shows them: all values as visible text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from .._identity.core.decision import REVIEWED
from .._identity.core.errors import InputError
from .._identity.core.outcomes import (
    CHANGED_SINCE_REVIEW,
    EXCLUDED,
    FAILED,
    NOT_REVIEWED,
    REFUSED,
    SERVICE_ACCOUNT,
    Outcome,
    outcome,
)
from .._identity.core.records import AdRecord
from .._identity.core.run_files.user_records import (
    ChangeRecord,
    CloudRecord,
    MatchRecord,
    OverwriteRecord,
    UserRecord,
    WriteRecord,
    name_of,
    read_user,
)
from .._identity.core.text.visible import visible
from .people import Person, read_person
from .words import words

LONGEST = 10_000
"""The most characters of one value in a report; an account may have hundreds of addresses."""

_AD_VALUES = ("user_principal_name", "sam_account_name", "distinguished_name", "object_guid")
_CLOUD_VALUES = ("id", "user_principal_name", "immutable_id")
VALUES = (
    *_AD_VALUES,
    "immutable_id",
    "id",
    "cloud_user_principal_name",
    "immutable_id_before",
    "immutable_id_after",
    "future_user_principal_name",
)
"""The names of ``Row.values``. ``immutable_id`` is that of the AD user if the plan is carried out. The next two are
those of the cloud user before and after the run."""

_UPN, _BEFORE, _AFTER = map(VALUES.index, ("user_principal_name", "immutable_id_before", "immutable_id_after"))
_WRITTEN = "onPremisesImmutableId"
UNKNOWN = "unknown"

# So that a missing part reads as one without values.
_NO_AD: AdRecord = cast(Any, {})
_NO_CLOUD: CloudRecord = cast(Any, {})
_NO_MATCH: MatchRecord = cast(Any, {})
_NO_CHANGE: ChangeRecord = cast(Any, {})


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a match would do to one attribute of a cloud user; values as text, empty if there is none."""

    attribute: str
    cloud: str
    ad: str
    effect: str


@dataclass(frozen=True, slots=True)
class Write:
    """A value that is written, of the object ``id``; empty if there is none."""

    attribute: str
    id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """A user of the report.

    ``prediction`` is the outcome, None if nothing was predicted; ``status`` says what happens to the user. A cloud user
    without an AD user has neither. ``causes`` has the one that decided first. ``values`` are those of VALUES.
    ``expected`` is the key of an outcome, empty if there is none. ``unknown`` and ``quarantined`` are texts for people.
    ``writes`` are also those that are only proposed. ``person`` is for letters, all of it visible text.
    """

    name: str
    prediction: Outcome | None
    status: Outcome | None
    causes: tuple[str, ...]
    effects: tuple[str, ...]
    reason: str
    values: tuple[str, ...]
    unknown: str
    expected: str
    quarantined: str
    overwrites: tuple[Overwrite, ...]
    writes: tuple[Write, ...]
    person: Person

    @property
    def user_principal_name(self) -> str:
        """The name of the AD user; empty if there is none."""
        return self.values[_UPN]

    @property
    def immutable_ids(self) -> tuple[str, str]:
        """Those of the cloud user before and after the run; empty if there is none."""
        return self.values[_BEFORE], self.values[_AFTER]

    @property
    def cause(self) -> str:
        """The cause that decided; empty if there is none."""
        return self.causes[0] if self.causes else ""

    @property
    def is_outside(self) -> bool:
        """Whether this is a cloud user without an AD user."""
        return self.status is None

    @property
    def is_apart(self) -> bool:
        """Whether the user is left alone, because somebody excluded the user or a service runs as the account."""
        return self.status is not None and self.status.key in (EXCLUDED, SERVICE_ACCOUNT)

    @property
    def is_refused(self) -> bool:
        return self.status is not None and self.status.key == REFUSED

    @property
    def is_changed(self) -> bool:
        """Whether the user is written, and nothing of it is refused, left out or fails."""
        return bool(self.writes) and self.status is not None and self.status.key not in (REFUSED, FAILED, *REVIEWED)

    @property
    def is_left_out(self) -> bool:
        """Whether the change of the user is not made because of a review."""
        return self.status is not None and self.status.key in (NOT_REVIEWED, CHANGED_SINCE_REVIEW)

    @property
    def needs_decision(self) -> bool:
        """Whether a person has to look at the user. An outcome that the caller allowed needs nobody."""
        return self.status is not None and self.status.needs_attention


class RowReader:
    """Makes rows of records. Keys that many records share are kept once."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def read(self, record: Mapping[str, Any], line: int) -> Row:
        """Return the row of a record of a plan or a result file; ``line`` is where it stands.

        :raises InputError: if it is not a record of a user.
        """
        try:
            return self._read(read_user(record))
        except (AttributeError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"Line {line} of the file is not a record of a user; create the file again.") from error

    def _read(self, user: UserRecord) -> Row:
        ad, cloud = user["ad"] or _NO_AD, user["cloud"] or _NO_CLOUD
        match, change = user["match"] or _NO_MATCH, user["change"] or _NO_CHANGE
        prediction = outcome(shown(match["outcome"])) if match else None
        cause = change.get("cause")
        if prediction and cause == f"predicted_{prediction.key}":
            cause = None  # the outcome says it already
        values = [
            *(ad.get(name) for name in _AD_VALUES),
            change.get("immutable_id") or ad.get("immutable_id"),
            *(cloud.get(name) for name in _CLOUD_VALUES),
            _immutable_id_after(cloud, change),
            match.get("future_user_principal_name"),
        ]
        return Row(
            name=shown(name_of(user)),
            prediction=prediction,
            status=outcome(shown(change["status"])) if change else None,
            causes=self._several([cause, match.get("cause"), *(match.get("causes") or ())]),
            effects=self._several(match.get("effects") or ()),
            reason=shown(change.get("reason") or match.get("reason")),
            values=tuple(map(shown, values)),
            unknown="; ".join(words(shown(aspect)) for aspect in match.get("unknown") or ()),
            expected=self._once(shown(match.get("expected"))),
            quarantined="; ".join(
                f"{shown(held['value'])} (held by {shown(held['holder'])})" for held in match.get("quarantined") or ()
            ),
            overwrites=tuple(map(self._overwrite, match.get("overwrites") or ())),
            writes=tuple(map(self._write, change.get("writes") or change.get("proposed") or ())),
            person=self._person(read_person(user, name_of(user))),
        )

    def _person(self, person: Person) -> Person:
        return Person(
            name=shown(person.name),
            address=shown(person.address),
            sign_in_before=shown(person.sign_in_before),
            sign_in_after=shown(person.sign_in_after),
            lost=tuple(map(shown, person.lost)),
            password=person.password,
            marks=self._several(person.marks),
            account=(shown(person.account[0]), shown(person.account[1]), shown(person.account[2])),
        )

    def _overwrite(self, one: OverwriteRecord) -> Overwrite:
        return Overwrite(
            self._once(shown(one["attribute"])), shown(one["cloud"]), shown(one["ad"]), self._once(shown(one["effect"]))
        )

    def _write(self, one: WriteRecord) -> Write:
        return Write(self._once(shown(one["attribute"])), shown(one["id"]), shown(one["before"]), shown(one["after"]))

    def _several(self, keys: Sequence[str | None]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._once(shown(key)) for key in keys if key))

    def _once(self, text: str) -> str:
        return self._keys.setdefault(text, text)


def _immutable_id_after(cloud: CloudRecord, change: ChangeRecord) -> str | None:
    """Return the ImmutableId of the cloud user after the run. The result of a write that failed is unknown."""
    for write in change.get("writes") or ():
        if write["attribute"] == _WRITTEN and write["id"] == cloud.get("id"):
            return write["after"]
    return UNKNOWN if cloud and change.get("status") == FAILED else cloud.get("immutable_id")


def shown(value: object) -> str:
    """A value of a record as visible text: nothing for null, the values of a list side by side."""
    if value is None:
        return ""
    if isinstance(value, str):
        return visible(value, LONGEST)
    if isinstance(value, bool):
        return "true" if value else "false"
    return visible("; ".join(map(shown, value)) if isinstance(value, list) else str(value), LONGEST)
