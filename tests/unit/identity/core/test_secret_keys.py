# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which keys of records look like those of secrets."""

from __future__ import annotations

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.attribute_map import ROWS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AD_KEYS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.secret_keys import (
    PLACEHOLDER,
    find_secret_keys,
    hide_secrets,
    looks_secret,
)

SPELLINGS = [
    "password",
    "Password",
    "PASSWORD",
    "pass-word",
    "pass_word",
    " password ",
    "p.a.s.s.w.o.r.d",
    "pass\u200bword",
    "p\u00e4ssw\u00f6rd",
    "ｐａｓｓｗｏｒｄ",
]
OTHERS = [
    "pwd",
    "unicodePwd",
    "userPassword",
    "initial_password",
    "Passwort",
    "Kennwort",
    "passwd",
    "PIN",
    "pw",
    "Pass",
    "Pa\u00dfwort",
    "pswd",
    "passkey",
    "OTP",
    "login_pass",
    "userPass",
    "initial PW",
    "pin-code",
    "ntHash",
]
TOKENS = [
    "client_secret",
    "clientSecret",
    "accessToken",
    "API-Key",
    "private key",
    "credentials",
    "Authorization",
    "accountKey",
]


@pytest.mark.parametrize("key", [*SPELLINGS, *OTHERS, *TOKENS])
def test_these_do_in_any_spelling(key: str) -> None:
    assert looks_secret(key)
    record = {"user_principal_name": "anna@contoso.com", "more": [{key: "geheim"}]}
    assert find_secret_keys([record]) == [key]
    assert hide_secrets([record]) == [{"user_principal_name": "anna@contoso.com", "more": [{key: PLACEHOLDER}]}]


@pytest.mark.parametrize("value", ["geheim", ["geheim"], {"inner": "geheim"}, 4711, 1.5])
def test_the_whole_value_is_hidden(value: object) -> None:
    assert hide_secrets({"Password": value}) == {"Password": PLACEHOLDER}


@pytest.mark.parametrize("value", [None, True, False])
def test_what_is_no_secret_stays(value: object) -> None:
    assert hide_secrets({"PasswordNeverExpires": value}) == {"PasswordNeverExpires": value}


def test_no_key_of_our_own_does() -> None:
    own = [
        *AD_KEYS,
        *(row.record for row in ROWS),
        *(row.ad for row in ROWS),
        "password_hash_sync",
        "company",
        "spin",
        "passport",
        "Compass",
    ]
    assert [key for key in own if looks_secret(key)] == []
