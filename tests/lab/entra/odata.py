# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A parser for the part of OData that directory queries use: $filter, $select, $orderby and the query string."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from .errors import malformed


@dataclass(frozen=True)
class Compare:
    """`path op value`; op is eq, ne, gt, ge, lt, le, startswith or endswith."""

    path: str
    op: str
    value: Any


@dataclass(frozen=True)
class In:
    path: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class AnyOf:
    """`path/any(v:expression)`; paths inside are relative to the element (empty: the element itself)."""

    path: str
    expression: Node


@dataclass(frozen=True)
class Not:
    expression: Node


@dataclass(frozen=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Node, ...]


Node = Compare | In | AnyOf | Not | And | Or

_COMPARE = {"eq", "ne", "gt", "ge", "lt", "le"}
_FUNCTIONS = {"startswith", "endswith"}
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^']|'')*')
  | (?P<stamp>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))
  | (?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})
  | (?P<number>-?\d+)
  | (?P<name>[A-Za-z_$@][\w.]*(?:/[A-Za-z_$][\w.]*)*)
  | (?P<mark>[(),:])
)""",
    re.VERBOSE,
)
_MAX_DEPTH = 50


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_query(raw: str) -> dict[str, str]:
    """The query string's parameters; `+` is a space in it (facts §1, row on base64 in URLs). Raises GraphError 400."""
    options: dict[str, str] = {}
    for pair in raw.split("&"):
        if not pair:
            continue
        name, _equals, value = pair.partition("=")
        name = unquote_plus(name)
        if name in options and name.startswith("$"):
            raise malformed(f"Query option '{name}' was specified more than once, but it must be specified once.")
        options[name] = unquote_plus(value)
    return options


def parse_filter(text: str) -> Node:
    """The tree of a $filter. Raises GraphError 400 with the position of the fault."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan(text)
        self._next = 0
        self._depth = 0

    def _error(self, at: int) -> Exception:
        return malformed(f"Invalid filter clause: Syntax error at position {at} in '{self._text}'.")

    def _scan(self, text: str) -> list[_Token]:
        tokens = []
        at = 0
        end = len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if not match or not match.lastgroup:
                raise self._error(at)
            tokens.append(_Token(match.lastgroup, match.group(match.lastgroup), match.start(match.lastgroup)))
            at = match.end()
        tokens.append(_Token("end", "", len(text)))
        return tokens

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, kind: str | None = None, text: str | None = None) -> _Token:
        token = self._peek()
        if (kind and token.kind != kind) or (text and token.text.lower() != text):
            raise self._error(token.at)
        if token.kind != "end":
            self._next += 1
        return token

    def _is_word(self, word: str) -> bool:
        return self._peek().kind == "name" and self._peek().text.lower() == word

    def parse(self) -> Node:
        node = self._or("")
        self._take("end")
        return node

    def _or(self, variable: str) -> Node:
        parts = [self._and(variable)]
        while self._is_word("or"):
            self._take()
            parts.append(self._and(variable))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self, variable: str) -> Node:
        parts = [self._unary(variable)]
        while self._is_word("and"):
            self._take()
            parts.append(self._unary(variable))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _unary(self, variable: str) -> Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error(self._peek().at)
        try:
            if self._is_word("not"):
                self._take()
                return Not(self._unary(variable))
            if self._peek().text == "(":
                self._take()
                node = self._or(variable)
                self._take("mark", ")")
                return node
            return self._primary(variable)
        finally:
            self._depth -= 1

    def _primary(self, variable: str) -> Node:
        token = self._take("name")
        word = token.text.lower()
        if word in _FUNCTIONS and self._peek().text == "(":
            self._take()
            path = self._path(self._take("name").text, variable)
            self._take("mark", ",")
            value = self._literal()
            self._take("mark", ")")
            return Compare(path, word, value)
        if token.text.endswith("/any") and self._peek().text == "(" and not variable:
            return self._any(token)
        path = self._path(token.text, variable)
        operator = self._take("name")
        if operator.text.lower() == "in":
            return In(path, self._list())
        if operator.text.lower() not in _COMPARE:
            raise self._error(operator.at)
        return Compare(path, operator.text.lower(), self._literal())

    def _path(self, text: str, variable: str) -> str:
        if not variable:
            return text
        head, _slash, rest = text.partition("/")
        if head != variable:
            raise malformed(f"Invalid filter clause: Could not find a property named '{text}'.")
        return rest

    def _any(self, token: _Token) -> Node:
        self._take("mark", "(")
        if self._peek().text == ")":
            # facts §3: `any()` with no predicate is Request_UnsupportedQuery, which the checks of filters.py raise.
            self._take()
            return AnyOf(token.text[: -len("/any")], And(()))
        variable = self._take("name").text
        self._take("mark", ":")
        expression = self._or(variable)
        self._take("mark", ")")
        return AnyOf(token.text[: -len("/any")], expression)

    def _list(self) -> tuple[Any, ...]:
        self._take("mark", "(")
        values = [self._literal()]
        while self._peek().text == ",":
            self._take()
            values.append(self._literal())
        self._take("mark", ")")
        return tuple(values)

    def _literal(self) -> Any:
        token = self._take()
        if token.kind == "string":
            return token.text[1:-1].replace("''", "'")
        if token.kind in ("stamp", "guid"):
            return token.text
        if token.kind == "number":
            return int(token.text)
        if token.kind == "name" and token.text.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token.text.lower()]
        raise self._error(token.at)
