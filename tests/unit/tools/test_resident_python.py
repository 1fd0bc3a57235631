# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python that runs the modules of end-to-end tests does what any other does."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.polling import wait_until
from support.resident_python import ResidentPython

PROGRAM = """
import atexit, json, os, sys
atexit.register(print, "at exit")
# A shell, which starts the program, sets some.
variables = sorted((name, value) for name, value in os.environ.items() if name not in ("_", "OLDPWD", "PWD", "SHLVL"))
seen = [sys.argv, os.getcwd(), variables, sys.path[0], sys.executable, sys.stdin.read(), __name__]
print(json.dumps(seen))
print("an error", file=sys.stderr)
sys.exit(int(sys.argv[2]))
"""
WAITING = "import os; os.write(1, b'%d\\n' % os.getpid()); os.read(0, 1)"


@pytest.fixture(scope="module")
def resident() -> Iterator[ResidentPython]:
    process = ResidentPython()
    yield process
    process.close()


@pytest.mark.parametrize("code", ["0", "3", "text"])
def test_a_program_sees_what_it_is_given_and_answers(resident: ResidentPython, tmp_path: Path, code: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    environment = {**os.environ, "GIVEN": "é\udcff"}

    def run(interpreter: str) -> tuple[int, bytes, list[bytes]]:
        done = subprocess.run(
            [interpreter, str(program), "one two", code],
            cwd=tmp_path,
            env=environment,
            input=b"words",
            capture_output=True,
            timeout=600,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr.splitlines()[:1]

    assert run(resident.interpreter) == run(sys.executable)


def test_a_program_ends_with_the_one_that_asked(resident: ResidentPython, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(WAITING, "utf-8")
    command = [resident.interpreter, str(program)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        process.kill()
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the program is gone")


def test_a_program_that_a_signal_ends_has_failed(resident: ResidentPython, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "utf-8")
    assert subprocess.run([resident.interpreter, str(program)], timeout=600, check=False).returncode == 143


def test_what_comes_from_a_zip_file_is_compiled_once(resident: ResidentPython, tmp_path: Path) -> None:
    """By its content: another file of the same name is another program."""
    program = tmp_path / "program.py"
    program.write_text("import sys; sys.path.insert(0, sys.argv[1]); import answer; print(answer.VALUE)", "utf-8")
    kept = Path(resident.folder.name) / "compiled"
    before = set(kept.iterdir())
    answers = []
    for value in ("first", "second", "first"):
        archive = tmp_path / "sources.zip"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("answer.py", f"VALUE = {value!r}\n")
        command = [resident.interpreter, str(program), str(archive)]
        answers.append(subprocess.check_output(command, text=True, timeout=600).strip())
    assert answers == ["first", "second", "first"]
    assert len(set(kept.iterdir()) - before) == 2
