# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""LDAP filters. Values are always escaped (RFC 4515); a filter from the caller is checked before it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from ..._identity.core.errors import InputError

ANY = "(objectClass=*)"
"""The condition that each object meets."""

MOST_CONDITIONS = 300
"""The most conditions in one filter. Each condition is on an indexed attribute."""

HeldValue: TypeAlias = "tuple[str, str | bytes]"
"""An attribute and one value of it."""

_HOW = "write it as (department=Sales) or (&(department=Sales)(title=*))"
_BAD_ESCAPE = re.compile(r"\\(?![0-9a-fA-F]{2})")
_ITEM = re.compile(r"\(([^()]*)\)")
# RFC 4512 attribute description and its value, or an extensible match, which may name only a rule.
_ATTRIBUTE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*"
_RULE = r"(?::dn)?(?::[A-Za-z0-9.-]+)?"
_ASSERTION = re.compile(rf"\s*(?:{_ATTRIBUTE}\s*[<>~]?=|{_ATTRIBUTE}{_RULE}:=|{_RULE}:=).*", re.DOTALL)


def equals(attribute: str, value: str | bytes) -> str:
    """Return a filter for objects whose attribute equals ``value``, taken literally."""
    return f"({attribute}={escaped(value)})"


def ends_with(attribute: str, value: str) -> str:
    """Return a filter for objects whose attribute ends with ``value``, taken literally."""
    return f"({attribute}=*{escaped(value)})"


def starts_with(attribute: str, value: str) -> str:
    """Return a filter for objects whose attribute begins with ``value``, taken literally."""
    return f"({attribute}={escaped(value)}*)"


def negated(filter_text: str) -> str:
    return f"(!{filter_text})"


def all_of(filters: Iterable[str]) -> str:
    return _combined("&", list(filters))


def any_of(filters: Iterable[str]) -> str:
    return _combined("|", list(filters))


def any_of_each(conditions: Iterable[str]) -> list[str]:
    """Return filters that together find the objects which meet any of the conditions. Duplicates count once."""
    each = list(dict.fromkeys(conditions))
    return [any_of(each[start : start + MOST_CONDITIONS]) for start in range(0, len(each), MOST_CONDITIONS)]


def address_values(address: str) -> list[HeldValue]:
    """Return the values of which an object that has the address holds one. It is written as in proxyAddresses."""
    kind, _colon, bare = address.partition(":")
    return [("proxyAddresses", address), *([("mail", bare)] if kind.lower() == "smtp" else [])]


def has_address(address: str) -> list[str]:
    """Return the conditions of which an object that has the address meets one. It is written as in proxyAddresses."""
    return [equals(*value) for value in address_values(address)]


def _combined(operator: str, filters: list[str]) -> str:
    return filters[0] if len(filters) == 1 else f"({operator}{''.join(filters)})"


def escaped(value: str | bytes) -> str:
    """Return a value escaped for a filter: text with its special characters escaped, bytes in hexadecimal.

    ldap3 2.10 sends these escapes as text, so that no filter matches; requirements.txt excludes that version:
    tests/upstream/test_ldap3.py::test_the_next_release_sends_escapes_as_text
    """
    if isinstance(value, bytes):
        return "".join(f"\\{byte:02x}" for byte in value)
    from ldap3.utils.conv import escape_filter_chars

    return escape_filter_chars(value)


def checked(filter_text: str) -> str:
    """Check a filter from the caller and return it without surrounding blanks, ready to be combined with others.

    ldap3's parser is not enough. It crashes on one closing bracket too many, which could end the filter around it
    (tests/upstream/test_ldap3.py::test_a_bracket_too_many_crashes_the_parser), and it accepts wrong names and escapes
    (tests/upstream/test_ldap3.py::test_the_parser_takes_what_is_no_filter).

    :raises InputError: if it is not exactly one RFC 4515 filter.
    """
    text = filter_text.strip()
    items = _ITEM.findall(text)
    if not (_one_bracket(text) and items and all(map(_ASSERTION.fullmatch, items)) and not _BAD_ESCAPE.search(text)):
        raise InputError(f"search_filter {filter_text!r} is not an LDAP filter; {_HOW}.")
    from ldap3.core.exceptions import LDAPException
    from ldap3.operation.search import parse_filter

    try:
        parse_filter(text, None, False, False, None, False)
    except LDAPException:
        raise InputError(f"search_filter {filter_text!r} is not an LDAP filter; {_HOW}.") from None
    return text


def _one_bracket(text: str) -> bool:
    depth = 0
    for position, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0 and position < len(text) - 1:
            return False
    return depth == 0 and text.startswith("(")
