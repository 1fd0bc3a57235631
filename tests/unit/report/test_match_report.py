# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as Ansible calls it: a plan or a result in, files on the disk."""

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
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.records import AD_KEYS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import Header
from ansible_collections.hybrid.identity.plugins.module_utils._module.files import File, FileError, write_files
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import write_run_file

MODULE = "ansible_collections.hybrid.identity.plugins.modules.match_report"
KINDS = {"html": "page.html", "csv": "table.csv", "markdown": "summary.md"}
VERDICT = "Nothing was changed: 1 of 2 users are refused."

Call = Callable[..., dict[str, Any]]


def record(name: str, outcome: str, status: str) -> dict[str, Any]:
    return {
        "ad": {**dict.fromkeys(AD_KEYS), "user_principal_name": name},
        "cloud": None,
        "match": {"outcome": outcome},
        "change": {"status": status, "cause": None, "reason": None, "immutable_id": None, "writes": []},
    }


RECORDS = [record("adele@contoso.com", "hard_match", "set"), record("bob@contoso.com", "blocked", "refused")]


def header(kind: str, module: str = "match_plan") -> Header:
    return Header(
        version=1,
        kind=kind,
        tenant="the-tenant",
        domain="the-domain",
        module=module,
        run="20261129T101500Z-3f2a1b",
        host="localhost",
        origin={"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""},
        scope={"all": True},
        terms={"predict": "after_apply"},
        time="2026-11-29T10:15:30Z",
        facts={"summary": {}, "verdict": VERDICT, "caveats": [], "unread": []},
    )


@pytest.fixture
def plan(tmp_path: Path) -> str:
    path = str(tmp_path / "run" / "plan.jsonl")
    write_run_file("plan_file", path, header("plan"), RECORDS)
    return path


@pytest.fixture
def call(give_arguments: Callable[[dict[str, Any]], None], capsys: Any, plan: str) -> Call:
    module = importlib.import_module(MODULE)

    def run(check: bool = False, **arguments: Any) -> dict[str, Any]:
        given = {"file": plan, **arguments}
        given |= {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}
        give_arguments(given)
        with pytest.raises(SystemExit):
            module.main()
        return dict(json.loads(capsys.readouterr().out))

    return run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def paths(out: Path) -> dict[str, str]:
    return {kind: str(out / name) for kind, name in KINDS.items()}


def mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_a_plan_of_accounts_is_refused(call: Call, paths: dict[str, str], out: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "run" / "accounts-plan.jsonl")
    write_run_file("plan_file", path, header("plan", "ad_user"), RECORDS)
    assert "was written by ad_user, but a report can only show plans of match_plan" in call(file=path, **paths)["msg"]
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("check", [True, False])
def test_a_report_is_written_in_check_mode_too_and_is_no_change(
    call: Call, paths: dict[str, str], out: Path, check: bool
) -> None:
    written = call(check=check, **paths)
    assert written["changed"] is False
    assert "diff" not in written
    assert [file["kind"] for file in written["files"]] == list(KINDS)
    for file in written["files"]:
        assert (file["path"], file["size"]) == (paths[file["kind"]], os.path.getsize(file["path"]))
        assert file["changed"] is True
        assert mode(file["path"]) == 0o600
    assert sorted(path.name for path in out.iterdir()) == sorted(KINDS.values())
    assert written["verdict"] == VERDICT
    assert written["summary"] == {
        "total": 2,
        "cloud_only": 0,
        "outcomes": {"blocked": 1, "hard_match": 1},
        "statuses": {"refused": 1, "set": 1},
    }


def test_only_what_differs_is_written(call: Call, paths: dict[str, str]) -> None:
    call(**paths)
    os.chmod(paths["csv"], 0o644)
    Path(paths["markdown"]).write_text("{}")
    before = os.stat(paths["html"]).st_ino
    result = call(**paths)
    assert [file["kind"] for file in result["files"] if file["changed"]] == ["csv", "markdown"]
    assert mode(paths["csv"]) == 0o600
    assert os.stat(paths["html"]).st_ino == before
    assert not any(file["changed"] for file in call(**paths)["files"])


def test_a_result_is_one_too(call: Call, paths: dict[str, str], tmp_path: Path) -> None:
    path = str(tmp_path / "run" / "result.jsonl")
    write_run_file("result_file", path, header("result"), RECORDS)
    call(file=path, **paths)
    assert Path(paths["markdown"]).read_text("utf-8").startswith("# Result of the hard match\n")


def test_title_and_note(call: Call, paths: dict[str, str]) -> None:
    call(markdown=paths["markdown"], title="Contoso", note="CHG-1", markdown_users=0)
    text = Path(paths["markdown"]).read_text("utf-8")
    assert text.startswith("# Contoso\n\n*CHG-1*\n")
    assert "\n\n1 user needs a decision. The other files list all users.\n" in text
    assert "bob@contoso.com" not in text


@pytest.mark.parametrize("kind", ["users", "proof"])
def test_other_files_are_refused(call: Call, paths: dict[str, str], out: Path, tmp_path: Path, kind: str) -> None:
    path = str(tmp_path / "run" / "other.jsonl")
    write_run_file("file", path, header(kind), [])
    assert call(file=path, **paths)["msg"] == f"{path} contains a {kind}, but this task needs a plan or a result."
    assert list(out.iterdir()) == []


def test_a_file_that_was_cut_short_writes_nothing(call: Call, paths: dict[str, str], out: Path, plan: str) -> None:
    lines = Path(plan).read_bytes().splitlines(keepends=True)
    Path(plan).write_bytes(b"".join(lines[:-1]))
    assert call(**paths)["msg"] == f"{plan} is incomplete; create it again."
    Path(plan).write_bytes(b"".join([lines[0], b"{}\n", b'{"end":{"count":1}}\n']))
    assert call(**paths)["msg"] == "Line 2 of the file is not a record of a user; create the file again."
    assert list(out.iterdir()) == []


def test_no_file_to_read(call: Call, paths: dict[str, str]) -> None:
    assert call(file=None, **paths)["msg"] == "file is empty. Set it to a plan or a result on the controller."


def test_mode(call: Call, paths: dict[str, str]) -> None:
    call(html=paths["html"], mode="0640")
    assert mode(paths["html"]) == 0o640


@pytest.mark.parametrize("wrong", ["384", "rw", "640", "0999", "07777", ""])
def test_a_mode_that_is_none(call: Call, paths: dict[str, str], wrong: str) -> None:
    result = call(html=paths["html"], mode=wrong)
    assert result["msg"] == (
        f"mode {wrong!r} is not a file mode. Write it in quotes and with a leading zero, such as '0640'."
    )
    assert not os.path.exists(paths["html"])


def test_nothing_is_written_when_one_path_is_wrong(call: Call, paths: dict[str, str], out: Path) -> None:
    result = call(**{**paths, "markdown": str(out / "nowhere" / "summary.md")})
    assert f"there is no folder {out}/nowhere. Create it first" in result["msg"]
    result = call(**{**paths, "markdown": str(out)})
    assert f"markdown {out} is not a regular file" in result["msg"]
    result = call(**{**paths, "markdown": paths["csv"]})
    assert "is the path of more than one file of the report" in result["msg"]
    result = call(**{**paths, "markdown": "/dev/null"})
    assert "markdown /dev/null is not a regular file" in result["msg"]
    assert list(out.iterdir()) == []


def test_no_file_asked_for(call: Call) -> None:
    assert call()["msg"] == "one of the following is required: html, csv, markdown"


def test_a_planted_link_is_not_followed(call: Call, paths: dict[str, str], tmp_path: Path) -> None:
    real = tmp_path / "real.html"
    real.write_text("old")
    os.symlink(real, paths["html"])
    assert f"html {paths['html']} is a symbolic link" in call(html=paths["html"])["msg"]
    assert real.read_text() == "old"


@pytest.mark.parametrize("mode", ["0666", "0620"])
def test_a_mode_that_lets_others_write(call: Call, paths: dict[str, str], mode: str) -> None:
    result = call(html=paths["html"], mode=mode)
    assert result["msg"] == f"mode '{mode}' would allow others to change the files. Use a mode such as '0644'."


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
    with pytest.raises(InputError, match="this user may not write to"):
        write_files([File("html", str(tmp_path / "a"), b"new")], 0o600)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_report_replaces_no_journal_and_no_plan(call: Call, plan: str, paths: dict[str, str], kind: str) -> None:
    """A journal is the only way back, and a path is quickly mistaken."""
    journal = os.path.join(os.path.dirname(plan), "journal.jsonl")
    with open(os.open(journal, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write('{"time":"2026-11-29T10:15:30Z"}\n')
    for path in (plan, journal):
        with open(path, "rb") as file:
            before = file.read()
        result = call(**{**paths, kind: path})
        assert result["msg"] == (
            f"{kind} {path} is a journal or another file of a run, so the report does not replace it. Use another file."
        )
        with open(path, "rb") as file:
            assert file.read() == before
        assert not [each for each in paths.values() if os.path.exists(each)]
