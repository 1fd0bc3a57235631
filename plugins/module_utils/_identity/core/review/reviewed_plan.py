# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a reviewed plan, which may come from anywhere, and refuse one that does not fit the run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..accepted_effects import EFFECTS
from ..errors import InputError
from ..identities.comparison import entra_key
from ..outcomes import (
    CHANGED_SINCE_REVIEW,
    CREATED,
    NOT_REVIEWED,
    REFUSED,
    RESTORED,
    SET,
    STAMPED,
    UPDATED,
)
from ..run_files.run_file import Header
from ..run_files.user_records import UserRecord, name_of, read_user
from ..text.counts import amount
from .changes import Review, ReviewedUser, Write, upns_of
from .shown_values import list_shown_values

AFTER_APPLY = "after_apply"


@dataclass(frozen=True)
class PlanKind:
    """The plans that one module makes.

    ``terms`` must be those of the run, besides the scope; ``fixed`` are terms with the only value that a plan may have.
    ``by_upn``: the user's UPN is the key, for AD users who have no GUID yet; else the dashed objectGUID is.
    """

    module: str
    terms: tuple[str, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    by_upn: bool = False

    def __str__(self) -> str:
        return " with ".join([self.module, *(f"{name}: {value}" for name, value in self.fixed.items())])


MATCHES = PlanKind(
    "match_plan",
    (
        "exclude",
        "match_by",
        "source_anchor",
        "write_consistency_guid",
        "replace",
        "deleted_holders",
        "skip_checks",
        "allowed_outcomes",
    ),
    {"predict": AFTER_APPLY},
)
ACCOUNTS = PlanKind("ad_user", ("exclude", "path", "path_by", "update", "enabled", "account_password"), by_upn=True)

_CLOCKS = timedelta(minutes=5)
"""How far the clocks of the two machines may be apart."""
_MOST_HOURS = 366 * 24
_LEFT_OUT = (NOT_REVIEWED, CHANGED_SINCE_REVIEW)
_CHANGING = (SET, STAMPED, RESTORED, CREATED, UPDATED)


def check_reviewed_plan(
    header: Header,
    path: str,
    kind: PlanKind,
    scope: Mapping[str, Any],
    terms: Mapping[str, Any],
    now: datetime,
    max_age: int,
) -> None:
    """Check that a plan fits the run: its age in hours, its module, its scope and terms, and its verdict.

    ``scope`` and ``terms`` are those of the run. Texts in lists may come in any order.

    :raises InputError: if it does not fit; it says what to do.
    """
    if header["module"] != kind.module or any(header["terms"].get(name) != kind.fixed[name] for name in kind.fixed):
        raise InputError(f"{path} is not a plan of {kind}; use such a plan.")
    _check_age(header["time"], path, now, max_age)
    different = [] if _plain(header["scope"]) == _plain(scope) else ["scope"]
    different += [name for name in kind.terms if _plain(header["terms"].get(name)) != _plain(terms.get(name))]
    if different:
        raise InputError(
            f"{path} was made with other options than this run ({', '.join(different)}). Use the same options for "
            "both, or make a new plan and have it reviewed."
        )
    if header["facts"].get("reviewable") is not True:
        raise InputError(
            f"{path} cannot be applied, even if it was reviewed: {header['facts'].get('verdict')} After that, make a "
            "new plan and have it reviewed."
        )


def read_review(header: Header, records: Iterable[Mapping[str, Any]], path: str, kind: PlanKind) -> Review:
    """Return what a reviewed plan shows. Only texts and lists of texts are taken from its records.

    :raises InputError: if a line is not a record of a user, if a change contradicts its status, or if two lines are
        of the same AD user.
    """
    users: dict[str, ReviewedUser] = {}
    for line, record in enumerate(records, start=2):
        try:
            user = _read(read_user(record), kind)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"Line {line} of {path} is not a record of a user; make the plan again.") from error
        if user is None:
            continue
        if user.key in users:
            raise InputError(f"Line {line} of {path} is for the same AD user as another line; make the plan again.")
        users[user.key] = user
    return Review(header["tenant"], header["domain"], users)


def _read(user: UserRecord, kind: PlanKind) -> ReviewedUser | None:
    """Return a user who changes, or for whom effects would be accepted; None for the others."""
    ad, cloud, match, change = user["ad"], user["cloud"], user["match"], user["change"]
    if ad is None or change is None:
        return None
    status, cause = change["status"], change["cause"]
    # A user who is refused for anything else, or whom another review left out, shows nothing that was approved.
    if status in _LEFT_OUT or (status == REFUSED and cause not in EFFECTS):
        return None
    # What is written must be what reports show: the status, and the writes or else those proposed.
    if (change["writes"] and status not in _CHANGING) or (change["proposed"] and status != REFUSED):
        raise ValueError
    writes = frozenset(_write(each) for each in (*change["writes"], *change["proposed"]))
    effects = frozenset(map(_text, match["effects"] if match is not None else change.get("effects", ())))
    if not writes and not effects:
        return None
    cloud_id = _text(cloud["id"]) if cloud is not None else None
    guid = _text_or_none(ad["object_guid"])
    return ReviewedUser(
        name=name_of(user),
        key=entra_key(_text(ad["user_principal_name"])) if kind.by_upn else _text(guid),
        # All that changes for an account is the account's own.
        objects=frozenset(write.id for write in writes) if kind.by_upn else frozenset(filter(None, (guid, cloud_id))),
        cloud_id=cloud_id,
        outcome=_text(match["outcome"]) if match is not None else None,
        effects=effects,
        writes=writes,
        upns=upns_of(
            _text_or_none(ad["user_principal_name"]), _text_or_none(cloud["user_principal_name"]) if cloud else None
        ),
        shown=list_shown_values(match) if match is not None else frozenset(),
    )


def _write(given: Mapping[str, Any]) -> Write:
    return Write(
        _text(given["attribute"]), _text(given["id"]), _text_or_none(given["before"]), _text_or_none(given["after"])
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _check_age(time: str, path: str, now: datetime, max_age: int) -> None:
    if not 1 <= max_age <= _MOST_HOURS:
        raise InputError(f"reviewed_plan_max_age is {max_age}; it must be from 1 to {_MOST_HOURS:,}, in hours.")
    try:
        made = datetime.fromisoformat(time)
        age = now - made
    except (TypeError, ValueError):  # also a time without a time zone
        raise InputError(f"The time in the first line of {path} is not valid; make the plan again.") from None
    if age < -_CLOCKS:
        raise InputError(
            f"{path} was made at {time}, which is in the future. Correct the clocks, and make the plan again."
        )
    if age > timedelta(hours=max_age):
        raise InputError(
            f"{path} was made at {time}, and reviewed_plan_max_age allows {amount(max_age, 'hour')}. Make a new plan "
            "and have it reviewed."
        )


def _plain(value: Any) -> Any:
    """Return a term in a form that can be compared: nothing is as good as empty, and the order of texts is not kept."""
    if isinstance(value, Mapping):
        return {name: plain for name, each in value.items() if (plain := _plain(each)) is not None}
    if isinstance(value, list):
        return sorted({json.dumps(each, sort_keys=True) for each in value}) or None
    return value
