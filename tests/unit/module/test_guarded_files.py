# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files are opened, and which are refused because somebody else may have made them or may change them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.memory import traced

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError, InputError
from ansible_collections.hybrid.identity.plugins.module_utils._module import guarded_files
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import connection
from ansible_collections.hybrid.identity.plugins.module_utils._module.files import File, write_files
from ansible_collections.hybrid.identity.plugins.module_utils._module.guarded_files import (
    INPUT,
    OWN,
    SECRET_INPUT,
    SECRET_OWN,
    Rule,
    check_place,
    open_file,
    read_file,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile, read_journal
from ansible_collections.hybrid.identity.plugins.module_utils._module.passwords import PasswordFile, PasswordFileError
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import VARIABLE, progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import (
    check_run_file,
    read_run_file,
    write_run_file,
)

EVERY = (INPUT, SECRET_INPUT, OWN, SECRET_OWN)
STRANGER = 4711


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("content")
    path.chmod(0o600)
    return path


def give_to(monkeypatch: pytest.MonkeyPatch, path: Path, owner: int) -> None:
    """Let the system say that a file or folder belongs to ``owner``; only root could really give it away."""
    real = os.fstat

    def told(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        if not os.path.samestat(found, os.stat(path)):
            return found
        values = list(found)
        values[stat.ST_UID] = owner
        return os.stat_result(values)

    monkeypatch.setattr(os, "fstat", told)


def refusal(path: Path, rule: Rule) -> str:
    before = path.lstat()
    with pytest.raises(InputError) as raised:
        read_file("journal", str(path), rule)
    after = path.lstat()
    assert (after.st_mode, after.st_mtime_ns, after.st_size) == (before.st_mode, before.st_mtime_ns, before.st_size)
    assert raised.value.message.startswith(f"journal {path} ")
    return raised.value.message


@pytest.mark.parametrize("rule", EVERY)
def test_a_file_of_our_own_is_read_whatever_its_use(file: Path, rule: Rule) -> None:
    assert read_file("journal", str(file), rule) == b"content"


@pytest.mark.parametrize("rule", EVERY)
def test_what_belongs_to_a_stranger_is_refused(file: Path, rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    give_to(monkeypatch, file, STRANGER)
    assert "belongs to another user (uid 4711)" in refusal(file, rule)


def test_the_systems_files_are_input_but_no_state_of_ours(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_to(monkeypatch, file, 0)
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(file.parent).st_uid + STRANGER)
    assert read_file("ca_cert", str(file), INPUT) == b"content"
    with pytest.raises(InputError, match=r"belongs to another user|in the folder of another user"):
        read_file("journal", str(file), OWN)


@pytest.mark.parametrize("mode", [0o666, 0o602, 0o777])
@pytest.mark.parametrize("rule", EVERY)
def test_what_everybody_may_change_is_refused(file: Path, rule: Rule, mode: int) -> None:
    file.chmod(mode)
    assert f"(mode {mode:04o})" in refusal(file, rule)


def test_a_group_may_change_input_and_no_state(file: Path) -> None:
    file.chmod(0o660)
    assert read_file("ca_cert", str(file), INPUT) == b"content"
    assert "can be changed by others (mode 0660)" in refusal(file, OWN)


def test_a_small_file_takes_no_memory_of_a_large_one(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    file.write_bytes(b"content")
    file.chmod(0o600)
    content, _kept, peak = traced(lambda: read_file("journal", str(file), OWN))
    assert content == b"content"
    assert peak < 1024 * 1024 < OWN.most


@pytest.mark.parametrize("rule", [SECRET_INPUT, SECRET_OWN])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o601])
def test_secrets_that_others_may_read_are_refused(file: Path, rule: Rule, mode: int) -> None:
    file.chmod(mode)
    assert f"can be read by others (mode {mode:04o}). Run chmod 600 on it" in refusal(file, rule)


@pytest.mark.parametrize("rule", [OWN, SECRET_OWN])
def test_a_planted_link_is_refused(file: Path, rule: Rule) -> None:
    link, hard = file.with_name("link"), file.with_name("hard")
    link.symlink_to(file)
    assert "is a symbolic link" in refusal(link, rule)
    link.unlink()
    link.symlink_to(file.with_name("none"))  # an empty place to create a file in
    with pytest.raises(InputError, match="is a symbolic link"):
        open_file("journal", str(link), rule, os.O_RDWR | os.O_CREAT)
    assert not file.with_name("none").exists()
    hard.hardlink_to(file)
    assert "has 2 names (hard links)" in refusal(hard, rule)


@pytest.mark.parametrize("rule", [INPUT, SECRET_INPUT])
def test_input_may_be_a_link_to_a_good_file(file: Path, rule: Rule) -> None:
    link, hard = file.with_name("link"), file.with_name("hard")
    link.symlink_to(file)
    hard.hardlink_to(file)
    assert (read_file("x", str(link), rule), read_file("x", str(hard), rule)) == (b"content", b"content")
    file.chmod(0o666)
    assert "(mode 0666)" in refusal(link, rule)


@pytest.mark.parametrize("rule", EVERY)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, rule: Rule) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)  # which nobody writes to: whoever opens it to read waits
    for path in (pipe, tmp_path):
        with pytest.raises(InputError, match=r"is not a regular file|is in a folder"):
            read_file("journal", str(path), rule)


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_folder_that_others_may_write_to_is_no_place_for_our_files(
    file: Path, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.chmod(mode)
    if mode & stat.S_ISVTX:  # in a sticky folder of ours, nobody else can exchange the file
        assert read_file("journal", str(file), OWN) == b"content"
        monkeypatch.setattr(os, "geteuid", lambda: os.stat(file).st_uid + STRANGER)
        give_to(monkeypatch, file.parent, 0)
    # Nobody should take /tmp away from the others.
    advice = "name a file in another folder" if mode & stat.S_ISVTX else "run chmod go-w on"
    with pytest.raises(InputError, match=rf"is in a folder that others can write to \(mode {mode:04o}\): {advice}"):
        read_file("journal", str(file), OWN)
    with pytest.raises(InputError, match="is in a folder that others can write to"):
        check_place("journal", str(file.with_name("new")))
    monkeypatch.undo()
    assert read_file("ca_cert", str(file), INPUT) == b"content"


@pytest.mark.parametrize("mode", [0o777, 0o770])
@pytest.mark.parametrize("linked", [False, True])
def test_a_file_that_is_opened_again_by_its_name_cannot_be_exchanged(file: Path, mode: int, linked: bool) -> None:
    """azure-identity takes the path of the CA file and not its content, and opens it at each sign-in."""
    given, folder = file, file.parent
    if linked:
        folder = file.parent / "links"
        folder.mkdir()
        given = folder / "ca.pem"
        given.symlink_to(file)
    read = connection({}, {})["read_file"]
    assert read("graph_ca_cert", str(given)) == b"content"
    folder.chmod(mode)
    with pytest.raises(
        InputError, match=rf"graph_ca_cert {given} is in a folder .* \(mode {mode:04o}\), so they can replace"
    ):
        read("graph_ca_cert", str(given))
    assert read("ca_cert", str(given)) == b"content"
    folder.chmod(0o1777)  # as /tmp
    assert read("graph_ca_cert", str(given)) == b"content"
    folder.chmod(0o700)


def test_nobody_exchanges_a_file_on_a_disk_that_is_read_only(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.parent.chmod(0o777)
    found = os.statvfs_result((*tuple(os.statvfs(file))[:8], os.ST_RDONLY, 255))
    monkeypatch.setattr(os, "statvfs", lambda _path: found)
    assert connection({}, {})["read_file"]("graph_ca_cert", str(file)) == b"content"


def test_a_file_that_is_opened_again_is_in_no_strangers_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.stat

    def told(path: Any, **how: Any) -> os.stat_result:
        values = list(real(path, **how))
        values[stat.ST_UID] = STRANGER
        return os.stat_result(values)

    monkeypatch.setattr(os, "stat", told)
    with pytest.raises(InputError, match=r"is in the folder of another user \(uid 4711\), who can replace it"):
        connection({}, {})["read_file"]("graph_ca_cert", str(file))


def test_a_strangers_folder_is_no_place_for_our_files(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_to(monkeypatch, file.parent, STRANGER)
    assert "is in the folder of another user (uid 4711)" in refusal(file, OWN)


def test_a_link_to_a_folder_is_followed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "there").symlink_to(tmp_path)
    assert read_file("journal", str(tmp_path / "there" / "file"), OWN) == b"content"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"^ca_cert .*none cannot be read: No such file or directory; check the path\.$"
    ):
        read_file("ca_cert", str(tmp_path / "none"))


OPENERS: dict[str, Callable[[str], object]] = {
    "input": lambda path: read_file("ca_cert", path),
    "own": lambda path: read_file("journal", path, OWN),
    "place": lambda path: check_place("journal", path),
    "journal": lambda path: JournalFile(path, "run").__enter__(),
    "rollback": read_journal,
    "passwords": lambda path: PasswordFile(path).__enter__(),
    "run": lambda path: read_run_file("plan_file", path, ["plan"]),
    "place of a run's file": lambda path: check_run_file("plan_file", path),
    "run's file": lambda path: write_run_file("plan_file", path, {}, ()),  # type: ignore[typeddict-item]
    "report": lambda path: write_files([File("html", path, b"")], 0o600),
}


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("name", ["a\0b", "\0", "a\ud800b", "folder\0/file", "folder\udfff/file"])
def test_a_path_that_is_none_is_one_sentence(tmp_path: Path, opener: str, name: str) -> None:
    """The system's functions raise ValueError for these, not OSError."""
    with pytest.raises(IdentityError, match="contains a character that is not allowed in a path; correct it") as raised:
        OPENERS[opener](str(tmp_path / name))
    assert "\0" not in raised.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("opener", OPENERS)
def test_a_name_that_is_too_long_is_one_sentence(tmp_path: Path, opener: str) -> None:
    """Before anything else is done, also for a file that is to be made."""
    with pytest.raises(IdentityError, match=r"x{256} cannot be (read|created).*: File name too long"):
        OPENERS[opener](str(tmp_path / ("x" * 256)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rule", EVERY)
def test_a_file_that_is_too_large_is_not_read(file: Path, rule: Rule) -> None:
    os.truncate(file, 2**40)  # sparse, so it takes no room
    assert f"has {2**40} bytes, which is more than " in refusal(file, rule)


def test_a_file_that_shows_no_size_is_read_up_to_the_limit(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the files of /proc, or one that grows meanwhile."""
    monkeypatch.setattr(guarded_files, "_fault", lambda _state, _rule: None)
    assert read_file("ca_cert", str(file), Rule(own=False, most=7)) == b"content"
    with pytest.raises(InputError, match=r"has more than 6 bytes; check the path\.$"):
        read_file("ca_cert", str(file), Rule(own=False, most=6))


@pytest.mark.parametrize("name", ["link", "hard"])
def test_a_report_never_overwrites_another_file(file: Path, tmp_path: Path, name: str) -> None:
    planted = tmp_path / name
    if name == "link":
        planted.symlink_to(file)
    else:
        planted.hardlink_to(file)
    new = File("csv", str(tmp_path / "new.csv"), b"new")
    with pytest.raises(InputError, match=rf"^html {planted} "):
        write_files([new, File("html", str(planted), b"report")], 0o600)
    assert file.read_text() == "content"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["file", name])


def test_passwords_never_go_into_a_file_that_somebody_else_made(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("")
    give_to(monkeypatch, file, STRANGER)
    with pytest.raises(InputError, match=rf"^password_file {file} belongs to another user"), PasswordFile(str(file)):
        pass
    monkeypatch.undo()
    with PasswordFile(str(file)) as passwords:
        give_to(monkeypatch, file, STRANGER)  # made after the check, and before the first password
        with pytest.raises(InputError, match="belongs to another user"):
            passwords.keep({"anna@contoso.com": "secret"})
    assert file.read_text() == ""


def test_passwords_stop_if_their_file_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    with PasswordFile(str(path)) as passwords:
        passwords.keep({"anna@contoso.com": "one"})
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(PasswordFileError, match=r"was renamed or deleted while it was in use\. Restore it"):
            passwords.keep({"bob@contoso.com": "two"})
    assert "bob" not in (tmp_path / "elsewhere").read_text()


@pytest.mark.parametrize("content", ['{"time":"2026"}\n', "{}", "notes", "user_principal_name,password\n", "\n"])
def test_passwords_are_not_added_to_another_file(file: Path, content: str) -> None:
    """A line in a journal that is none makes the whole journal useless."""
    file.write_text(content)
    with pytest.raises(InputError, match=rf"^password_file {file} is not a file of passwords, so it is not changed"):
        PasswordFile(str(file)).__enter__()
    with PasswordFile(str(file.with_name("new"))) as passwords:
        file.rename(file.with_name("new"))
        with pytest.raises(InputError, match="is not a file of passwords"):
            passwords.keep({"anna@contoso.com": "secret"})
    assert file.with_name("new").read_text() == content


@pytest.mark.parametrize("content", ["", '{"user_princ'])
def test_passwords_are_added_to_a_file_that_a_killed_run_began(file: Path, content: str) -> None:
    file.write_text(content)
    with PasswordFile(str(file)) as passwords:
        passwords.keep({"anna@contoso.com": "secret"})
    assert file.read_text().endswith('{"user_principal_name": "anna@contoso.com", "password": "secret"}\n')


def test_progress_is_written_to_nobody_elses_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(file))
    assert progress_report() is not None
    file.chmod(0o666)
    assert progress_report() is None
    assert file.read_text() == "content"
