# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where new accounts are created: in the path of the first rule that fits a record, else in the default path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..core.attribute_map import ROWS
from ..core.errors import InputError
from ..core.identities.comparison import ad_key, entra_key
from ..core.identities.distinguished_names import dn_key

_PATH, _SUFFIX = "path", "upn_suffix"
_KNOWN = {row.record for row in ROWS} | {_SUFFIX, "user_type"}


@dataclass(frozen=True)
class Rule:
    """A path, and the conditions that must all hold: record keys, each with the values that fit."""

    conditions: tuple[tuple[str, frozenset[str]], ...]
    path: str

    def fits(self, record: Mapping[str, object]) -> bool:
        return all(_comparable(key, _value(record, key)) in values for key, values in self.conditions)


@dataclass(frozen=True)
class Paths:
    """The rules in order, and the default path for records that no rule fits (None: these have no path)."""

    rules: tuple[Rule, ...] = ()
    default: str | None = None

    def of(self, record: Mapping[str, object]) -> str | None:
        return next((rule.path for rule in self.rules if rule.fits(record)), self.default)

    def all(self) -> list[str]:
        """Return every path that is named, once."""
        named = [*(rule.path for rule in self.rules), *([self.default] if self.default else [])]
        return list({dn_key(path): path for path in named}.values())


def read_paths(default: str | None, rules: Iterable[Mapping[str, object]]) -> Paths:
    """Check the options ``path`` and ``path_by``.

    :raises InputError: if a path is not a distinguished name, if a rule has no path or no condition, or if a condition
        names a key that no record has.
    """
    read = [_rule(rule, number) for number, rule in enumerate(rules, start=1)]
    return Paths(tuple(read), _dn(default, "path") if default else None)


def _rule(given: Mapping[str, object], number: int) -> Rule:
    where = f"path_by rule {number}"
    path = given.get(_PATH)
    conditions = {key: value for key, value in given.items() if key != _PATH}
    if not path or not isinstance(path, str):
        raise InputError(f"{where} has no path; set path to the distinguished name of an organizational unit.")
    if not conditions:
        raise InputError(
            f"{where} has no condition. Add an attribute such as department, or use the option path for all users."
        )
    unknown = sorted(set(conditions) - _KNOWN)
    if unknown:
        raise InputError(
            f"{where} has the condition {unknown[0]}, which is not a key of a record. Use a key such as department, "
            "city, country or upn_suffix."
        )
    read = [(key, frozenset(_comparable(key, each) for each in _listed(value))) for key, value in conditions.items()]
    return Rule(tuple(read), _dn(path, where))


def _dn(path: str, where: str) -> str:
    text = path.strip()
    if "=" not in text:
        raise InputError(f"{where}: {path!r} is not a distinguished name; write it as OU=Staff,DC=contoso,DC=com.")
    return text


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else [value]


def _value(record: Mapping[str, object], key: str) -> object:
    if key == _SUFFIX:
        return str(record.get("user_principal_name") or "").rpartition("@")[2]
    return record.get(key)


def _comparable(key: str, value: object) -> str:
    compared = entra_key if key == _SUFFIX else ad_key
    return "" if value is None else compared(str(value))
