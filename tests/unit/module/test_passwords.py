# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random passwords, and the file that keeps them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._module.passwords import (
    PasswordFile,
    random_password,
    read_given_passwords,
)


@given(st.integers(0, 64), st.lists(st.text("abcdexyz .-", max_size=12), max_size=3))
def test_a_password_meets_the_rules_of_a_domain(shortest: int, names: list[str]) -> None:
    password = random_password(shortest, names)
    assert len(password) >= max(28, shortest)
    kinds = [str.isupper, str.islower, str.isdigit, lambda char: not char.isalnum()]
    assert all(any(kind(char) for char in password) for kind in kinds)
    parts = [part for name in names for part in name.replace("-", " ").replace(".", " ").split() if len(part) > 2]
    assert not any(part in password.lower() for part in parts)


def test_passwords_are_different() -> None:
    assert len({random_password() for _number in range(500)}) == 500


def test_lines_are_added_and_a_torn_one_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    with PasswordFile(str(path)) as keeper:
        assert not path.exists()
        keeper.keep({"a@b.c": "one"})
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open("a") as torn:
        torn.write('{"user_princ')
    with PasswordFile(str(path)) as keeper:
        keeper.keep({"jürgen@b.c": "two", "d@b.c": "three"})
    lines = path.read_text().splitlines()
    assert [json.loads(line)["password"] for line in (lines[0], *lines[2:])] == ["one", "two", "three"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.touch(0o644)
    with pytest.raises(InputError, match="chmod 600"), PasswordFile(str(path)):
        pass
    os.remove(path)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a symbolic link"), PasswordFile(str(path)):
        pass
    with pytest.raises(InputError, match="there is no folder"), PasswordFile(str(tmp_path / "no" / "file")):
        pass


def test_given_passwords_are_read_from_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "given.csv"
    path.write_text("user_principal_name,password\nanna@contoso.com,Geheim-17\n")
    path.chmod(0o600)
    assert read_given_passwords(str(path)).of("anna@contoso.com") == "Geheim-17"
    path.chmod(0o400)
    assert read_given_passwords(str(path)).of("anna@contoso.com") == "Geheim-17"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_given_passwords_that_others_may_reach_are_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "given.csv"
    path.touch()
    path.chmod(mode)
    with pytest.raises(InputError, match=f"given_passwords_file {path} can be read by others .mode {mode:04o}.. Run"):
        read_given_passwords(str(path))


def test_given_passwords_that_are_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file or directory; check the path"):
        read_given_passwords(str(tmp_path / "nothing"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (pipe, tmp_path):
        with pytest.raises(InputError, match="is not a regular file"):
            read_given_passwords(str(path))
