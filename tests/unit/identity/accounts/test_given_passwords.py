# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CSV file of given passwords: what it may look like, and sentences that quote nothing from it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.given_passwords import (
    GivenPasswords,
    parse_given_passwords,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError

HEADER = "user_principal_name,password\n"
SECRET = "Geheim-17-xyz"


def parse(text: str) -> GivenPasswords:
    return parse_given_passwords(text.encode(), "passwords.csv")


def test_a_password_for_each_user() -> None:
    passwords = parse(f'{HEADER}anna@contoso.com,{SECRET}\n\nbob@contoso.com,"a,""b"" c"\ncarl@contoso.com,a"b')
    assert passwords.of("anna@contoso.com") == SECRET
    assert passwords.of("bob@contoso.com") == 'a,"b" c'
    assert passwords.of("carl@contoso.com") == 'a"b'
    assert passwords.of("dora@contoso.com") is None
    assert SECRET not in repr(passwords)


def test_names_are_compared_as_everywhere() -> None:
    passwords = parse(f"{HEADER}Strauss@Contoso.com,{SECRET}\n")
    assert passwords.of("strauss@contoso.COM") == SECRET
    assert passwords.of("strau\u00df@contoso.com") is None


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_what_editors_and_spreadsheets_save(start: str, end: str) -> None:
    text = start + f"{HEADER}anna@contoso.com,{SECRET}\n".replace("\n", end)
    assert parse(text).of("anna@contoso.com") == SECRET


# As people choose them: no control characters, and no space at the ends.
_CHOSEN = st.text(st.characters(exclude_categories=("C", "Z"), codec="utf-8"), min_size=1)


@given(st.lists(_CHOSEN, min_size=1, max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_every_password_that_a_csv_writer_wrote_is_read(chosen: list[str], end: str) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=end)
    writer.writerows(
        [("user_principal_name", "password"), *((f"u{number}@contoso.com", each) for number, each in enumerate(chosen))]
    )
    passwords = parse(written.getvalue())
    assert [passwords.of(f"u{number}@contoso.com") for number in range(len(chosen))] == chosen


def test_the_lines_of_users_who_are_not_asked_for() -> None:
    passwords = parse(f"{HEADER}anna@contoso.com,{SECRET}\nbob@contoso.com,{SECRET}\n\ncarl@contoso.com,{SECRET}\n")
    assert passwords.unused_lines(["BOB@contoso.com", "dora@contoso.com"]) == [2, 5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The first line of given_passwords_file passwords.csv must be user_principal_name,password"),
        (f"anna@contoso.com,{SECRET}\n", "The first line of"),
        (f"password,user_principal_name\n{SECRET},anna@contoso.com\n", "The first line of"),
        (f"user_principal_name;password\nanna@contoso.com;{SECRET}\n", "The first line of"),
        (f"{HEADER}anna@contoso.com\n", "Line 2 of given_passwords_file passwords.csv has 1 value but must have 2"),
        (f"{HEADER}anna@contoso.com,{SECRET},x\n", "Line 2 of given_passwords_file passwords.csv has 3 values"),
        (f'{HEADER}anna@contoso.com,"{SECRET}"x\n', "Line 2 of given_passwords_file passwords.csv is not valid CSV"),
        (f'{HEADER}anna@contoso.com,"{SECRET}\n', "is not valid CSV"),
        (f"{HEADER}anna@contoso.com,\n", "Line 2 of given_passwords_file passwords.csv has no password"),
        (f"{HEADER},{SECRET}\n", "has no user principal name"),
        (
            f"{HEADER}anna@contoso.com, {SECRET}\n",
            "The password in line 2 of given_passwords_file passwords.csv begins",
        ),
        (
            f"{HEADER} anna@contoso.com,{SECRET}\n",
            "The user principal name in line 2 of given_passwords_file passwords.csv",
        ),
        (f"{HEADER}anna@contoso.com\u00a0,{SECRET}\n", "begins or ends with a space; remove it"),
        (f'{HEADER}anna@contoso.com,"{SECRET}\n{SECRET}"\n', "The password in line 3 of"),
        (
            f"{HEADER}anna@contoso.com,{SECRET}\nbob@contoso.com,x\nANNA@contoso.com,{SECRET}\n",
            "Lines 2 and 4 of given_passwords_file passwords.csv are for the same user",
        ),
    ],
)
def test_one_sentence_that_quotes_nothing(text: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(text)
    assert words in raised.value.message
    assert SECRET not in raised.value.message
    assert "anna" not in raised.value.message.lower()
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_named_and_not_shown(encoding: str) -> None:
    with pytest.raises(InputError, match="is not encoded in UTF-8") as raised:
        parse_given_passwords(f"{HEADER}anna@contoso.com,Ä{SECRET}\n".encode(encoding), "passwords.csv")
    assert SECRET not in raised.value.message
    assert raised.value.__suppress_context__
