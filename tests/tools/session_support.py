# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sessions of noxfile.py share: their environment, their results, and how one is left out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import collection_tree
import cores
import nox
from junit_results import Case, write
from nox.command import CommandFailed

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tests" / "tools"
RESULTS = ROOT / ".cache" / "results"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
NO_PWSH = (
    "there is no pwsh on PATH: install powershell from Microsoft's package repository "
    "(https://learn.microsoft.com/powershell/scripting/install/linux-overview)"
)


def results(session: nox.Session) -> Path:
    """Return the emptied results folder of a session."""
    folder = RESULTS / session.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def leave_out(session: nox.Session, reason: str) -> None:
    """Skip a session; the summary lists `reason`, which names what to install."""
    write(results(session) / "skipped.xml", session.name, [Case(session.name, skipped=reason)])
    session.skip(reason)


def site_packages(session: nox.Session) -> Path:
    """Return the folder into which the session's packages are installed."""
    return next(Path(session.virtualenv.location).glob("lib/python*/site-packages"))


def own_config() -> str:
    """Return the path of an ansible.cfg of our own: the settings of the person who runs the tests stay out of them."""
    path = ROOT / ".cache" / "ansible.cfg"
    # By default, ansible-playbook looks a thousand times a second whether a task has ended.
    path.write_text("[defaults]\ninternal_poll_interval = 0.01\n", encoding="utf-8")
    return str(path)


def install(session: nox.Session, core: str, *wanted: str) -> None:
    """Install an ansible-core, the collection's libraries and `wanted`, and link the collections into site-packages."""
    # The oldest ansible-core meets the oldest of everything else that we say we work with.
    floors = core == cores.OLDEST and session.venv_backend == "uv"
    resolution = ["--resolution=lowest-direct"] if floors else []
    session.install(cores.requirement(core), "-r", "requirements.txt", *wanted, *resolution)
    collections = collection_tree.fetch()
    collection_tree.link(site_packages(session) / "ansible_collections")
    session.env.update(
        ANSIBLE_COLLECTIONS_PATH=str(collections),
        ANSIBLE_CONFIG=own_config(),
        # Discovery may pick a version manager's shim that does not run.
        ANSIBLE_PYTHON_INTERPRETER=str(Path(session.bin, "python")),
        PYTHONPATH=str(ROOT / "tests"),
    )


def pytest(session: nox.Session, *arguments: str) -> None:
    """Run pytest; its JUnit file is the session's result."""
    session.run("python", *PYTEST, f"--junitxml={results(session)}/pytest.xml", *arguments)


def run_checks(session: nox.Session, checks: Mapping[str, Sequence[str]], env: Mapping[str, str] | None = None) -> None:
    """Run every check, also after one failed, write how each went, and fail the session if one failed."""
    cases = []
    for name, command in checks.items():
        started = time.monotonic()
        failure = None
        try:
            # A system package: shellcheck.
            session.run(*command, env=env, external=command[0] == "shellcheck")
        except CommandFailed:
            failure = f"{command[0]} failed; see the output"
        cases.append(Case(name, time.monotonic() - started, failure=failure))
    write(results(session) / "checks.xml", session.name, cases)
    failed = [case.name for case in cases if case.failure is not None]
    if failed:
        session.error(f"failed: {', '.join(failed)}")


def define(
    name: str, python: str | None, lacking: str | None, body: Callable[[nox.Session], None], default: bool = True
) -> None:
    """Define a session that runs `body` with the Python at the path `python`.

    Without one the session is skipped and says what is lacking; if nothing can be installed, there is no session.
    `make test` leaves out a session that is not `default`.
    """
    if python is not None:
        nox.session(name=name, python=python, default=default)(body)
    elif lacking is not None:
        reason = lacking

        def absent(session: nox.Session) -> None:
            leave_out(session, reason)

        absent.__doc__ = body.__doc__
        nox.session(name=name, venv_backend="none", default=default)(absent)
