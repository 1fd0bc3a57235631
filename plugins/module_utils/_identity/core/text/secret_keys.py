# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys of records that look like those of secrets, in any spelling. Records are shown, so they must not hold any."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any

PLACEHOLDER = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""The text that Ansible shows for an option with ``no_log``."""

_WORDS = (
    *("password", "passwd", "passphrase", "passcode", "passkey", "passwort", "kennwort", "pwd", "pswd"),
    *("secret", "geheimnis", "token", "credential", "bearer", "authorization", "connectionstring"),
    *("privatekey", "apikey", "accesskey", "accountkey", "sharedkey", "signingkey", "encryptionkey", "sshkey"),
    *("nthash", "lmhash"),
)
_PARTS = ("pass", "pw", "pin", "otp", "psw", "jwt")
"""Words that also begin or end others, such as company and spin, so they count only as parts: login_pass, userPin."""
_PART = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_OURS = ("passwordhashsync",)
"""Keys of our own records that say something about passwords and hold none."""


def looks_secret(key: str) -> bool:
    """Return whether a value with this key is probably a secret."""
    # Decomposed, so that accents fall away too.
    text = unicodedata.normalize("NFKD", key)
    plain = "".join(char for char in text.casefold() if char.isalnum())
    parts = {plain, *(part.lower() for part in _PART.findall(text))}
    return plain not in _OURS and (not parts.isdisjoint(_PARTS) or any(word in plain for word in _WORDS))


def find_secret_keys(value: Any) -> list[str]:
    """Return the keys at any depth that look secret, each once, whatever their values are."""
    found: dict[str, None] = {}
    left = [value]
    while left:
        inside = left.pop()
        if isinstance(inside, dict):
            found.update(dict.fromkeys(_secret_of(tuple(inside))))
            inside = inside.values()
        # Only these, because most values are texts, of which a list of records has millions.
        left += [each for each in inside if isinstance(each, (dict, list))]
    return list(found)


@functools.lru_cache(maxsize=1024)
def _secret_of(keys: tuple[Any, ...]) -> list[str]:
    """Return those of a record's keys that look secret. The records of a list have few different sets of keys."""
    return [key for key in keys if isinstance(key, str) and looks_secret(key)]


def hide_secrets(value: Any) -> Any:
    """Return the same value with PLACEHOLDER for what has a secret's key at any depth, but for None and booleans."""
    if isinstance(value, dict):
        return {key: _hidden(key, inner) for key, inner in value.items()}
    return [hide_secrets(inner) for inner in value] if isinstance(value, list) else value


def _hidden(key: Any, value: Any) -> Any:
    if not isinstance(key, str) or not looks_secret(key):
        return hide_secrets(value)
    return value if value is None or isinstance(value, bool) else PLACEHOLDER
