# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as Ansible calls it: arguments in, JSON out, files on the disk."""

from __future__ import annotations

import importlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._module.files import File, FileError, write_files

MODULE = "ansible_collections.hybrid.identity.plugins.modules.match_report"
USERS = [
    {"user_principal_name": "adele@contoso.com", "outcome": "hard_match", "cause": None, "reason": None},
    {"user_principal_name": "bob@contoso.com", "outcome": "blocked", "cause": "privileged_role", "reason": "A role."},
]
KINDS = {"html": "page.html", "csv": "table.csv", "json": "all.json", "markdown": "summary.md"}

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(give_arguments: Callable[[dict[str, Any]], None], capsys: Any) -> Call:
    module = importlib.import_module(MODULE)

    def run(check: bool = False, diff: bool = True, **arguments: Any) -> dict[str, Any]:
        given = {"users": USERS, **arguments}
        given |= {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
        give_arguments(given)
        with pytest.raises(SystemExit):
            module.main()
        return dict(json.loads(capsys.readouterr().out))

    return run


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, str]:
    return {kind: str(tmp_path / name) for kind, name in KINDS.items()}


def mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_check_write_and_write_again(call: Call, paths: dict[str, str], tmp_path: Path) -> None:
    promised = call(check=True, **paths)
    assert promised["changed"] is True
    assert list(tmp_path.iterdir()) == []
    written = call(**paths)
    assert written["changed"] is True
    assert [file["kind"] for file in written["files"]] == list(KINDS)
    for file in written["files"]:
        assert (file["path"], file["size"]) == (paths[file["kind"]], os.path.getsize(file["path"]))
        assert mode(file["path"]) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(KINDS.values())
    assert promised["diff"] == written["diff"]
    again = call(**paths)
    assert again["changed"] is False
    assert again["diff"]["after"] == ""
    assert (again["summary"]["total"], again["summary"]["blocked"], again["summary"]["conflict"]) == (2, 1, 0)
    assert again["verdict"].startswith("1 of 2 AD users would be joined")


def test_only_what_differs_is_written(call: Call, paths: dict[str, str]) -> None:
    call(**paths)
    os.chmod(paths["csv"], 0o644)
    Path(paths["json"]).write_text("{}")
    before = os.stat(paths["html"]).st_ino
    result = call(**paths)
    assert [file["kind"] for file in result["files"] if file["changed"]] == ["csv", "json"]
    assert mode(paths["csv"]) == 0o600
    assert os.stat(paths["html"]).st_ino == before


def test_mode(call: Call, paths: dict[str, str]) -> None:
    call(html=paths["html"], mode="0640")
    assert mode(paths["html"]) == 0o640


@pytest.mark.parametrize("wrong", ["384", "rw", "640", "0999", "07777", ""])
def test_a_mode_that_is_none(call: Call, paths: dict[str, str], wrong: str) -> None:
    result = call(html=paths["html"], mode=wrong)
    assert result["msg"] == (
        f"mode {wrong!r} is no file mode; write it in quotes and with its leading zero, such as '0640'."
    )
    assert not os.path.exists(paths["html"])


def test_nothing_is_written_when_one_path_is_wrong(call: Call, paths: dict[str, str], tmp_path: Path) -> None:
    result = call(**{**paths, "markdown": str(tmp_path / "nowhere" / "summary.md")})
    assert f"there is no folder {tmp_path}/nowhere; make it first" in result["msg"]
    result = call(**{**paths, "markdown": str(tmp_path)})
    assert f"markdown {tmp_path} is no regular file" in result["msg"]
    result = call(**{**paths, "markdown": paths["csv"]})
    assert "is the path of more than one file of the report" in result["msg"]
    result = call(**{**paths, "markdown": "/dev/null"})
    assert "markdown /dev/null is no regular file" in result["msg"]
    assert list(tmp_path.iterdir()) == []


def test_wrong_records_write_nothing(call: Call, paths: dict[str, str], tmp_path: Path) -> None:
    result = call(users=[{"user_principal_name": "a@x.com"}], **paths)
    assert result["msg"] == "users[0] (a@x.com) has no 'outcome'; give the records of a prediction, as they are."
    assert list(tmp_path.iterdir()) == []


def test_no_file_asked_for(call: Call) -> None:
    assert call()["msg"] == "one of the following is required: html, csv, json, markdown"


def test_a_planted_link_is_not_followed(call: Call, paths: dict[str, str], tmp_path: Path) -> None:
    real = tmp_path / "real.html"
    real.write_text("old")
    os.symlink(real, paths["html"])
    assert f"html {paths['html']} is a symbolic link" in call(html=paths["html"])["msg"]
    assert real.read_text() == "old"


@pytest.mark.parametrize("mode", ["0666", "0620"])
def test_a_mode_that_lets_others_write(call: Call, paths: dict[str, str], mode: str) -> None:
    result = call(html=paths["html"], mode=mode)
    assert result["msg"] == f"mode '{mode}' would let others change the files; choose one such as '0644'."


def test_a_full_disk_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        (tmp_path / name).write_text("old")
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    files = [File("html", str(tmp_path / "a"), b"new"), File("csv", str(tmp_path / "b"), b"new")]
    with pytest.raises(FileError, match=r"b cannot be written: No space left on device\."):
        write_files(files, 0o600)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"old"}


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the system answers people who are not root.
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(InputError, match="this user may not write into"):
        write_files([File("html", str(tmp_path / "a"), b"new")], 0o600)
