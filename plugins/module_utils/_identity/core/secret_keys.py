# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys of records that look like those of secrets, in any spelling. Records are shown, so they must not hold any."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

PLACEHOLDER = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""The text that Ansible shows for an option with ``no_log``."""

_WORDS = (
    *("password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "pwd"),
    *("secret", "token", "credential", "privatekey", "apikey", "accesskey"),
)
_WHOLE = ("pass", "pw", "pin")
_OURS = ("passwordhashsync",)
"""Keys of our own records that say something about passwords and hold none."""


@functools.cache
def looks_secret(key: str) -> bool:
    """Return whether a value with this key is probably a secret."""
    plain = "".join(char for char in unicodedata.normalize("NFKC", key).casefold() if char.isalnum())
    return plain not in _OURS and (plain in _WHOLE or any(word in plain for word in _WORDS))


def find_secret_keys(value: dict[Any, Any] | list[Any]) -> Iterator[str]:
    """Return the keys at any depth that look secret, whatever their values are."""
    inside: Iterable[Any] = value
    if isinstance(value, dict):
        yield from (key for key in value if isinstance(key, str) and looks_secret(key))
        inside = value.values()
    for inner in inside:
        # Here, because most values are texts, of which a list of records has millions.
        if isinstance(inner, (dict, list)):
            yield from find_secret_keys(inner)


def hide_secrets(value: Any) -> Any:
    """Return the same value with PLACEHOLDER for what has a secret's key at any depth, but for None and booleans."""
    if isinstance(value, dict):
        return {key: _hidden(key, inner) for key, inner in value.items()}
    return [hide_secrets(inner) for inner in value] if isinstance(value, list) else value


def _hidden(key: Any, value: Any) -> Any:
    if not isinstance(key, str) or not looks_secret(key):
        return hide_secrets(value)
    return value if value is None or isinstance(value, bool) else PLACEHOLDER
