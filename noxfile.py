# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of the project, a session each: `make test` runs them all, `nox -s NAME` one.

A session leaves JUnit files in .cache/results/<session>/, which tests/tools/summary.py adds up.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / "tests" / "tools"
RESULTS = ROOT / ".cache" / "results"
sys.path.insert(0, str(TOOLS))

import ansible_test_pip
import collection_tree
import interpreters
import work_copy
from junit_results import Case, write

IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
# As in tests/report/conftest.py.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# What roles and playbooks make of their variables differs most on the oldest core; the rest is about our own code.
OLDEST_CORE = min(interpreters.CONTROLLER_PYTHONS, key=float)
E2E_ON_OLDEST_CORE = ("tests/e2e/test_chain.py", "tests/e2e/test_accounts.py", "tests/e2e/test_undo.py")
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
_BACKEND = ROOT / ".cache" / "tools" / "backend"

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = _BACKEND.read_text(encoding="utf-8").strip() if _BACKEND.exists() else "uv|venv"
nox.options.reuse_venv = "yes"
nox.options.stop_on_first_error = False

_newest = interpreters.newest()
NEWEST_PYTHON, NEWEST_CORE = (_newest[1], _newest[2]) if _newest else (None, "")


def results(session: nox.Session) -> Path:
    """Return the emptied results folder of a session."""
    folder = RESULTS / session.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def missing(session: nox.Session, what: str) -> None:
    """A user's machine may lack an interpreter; CI may not."""
    if IN_CI:
        session.error(f"{what}: CI must have it")
    session.skip(what)


def site_packages(session: nox.Session) -> Path:
    """Return the folder into which the session's packages are installed."""
    return next(Path(session.virtualenv.location).glob("lib/python*/site-packages"))


def empty_config() -> str:
    """Return the path of an empty ansible.cfg: the settings of the person who runs the tests stay out of them."""
    path = ROOT / ".cache" / "ansible.cfg"
    path.touch()
    return str(path)


def install(session: nox.Session, core: str, *wanted: str) -> None:
    """Install an ansible-core, the collection's libraries and `wanted`, and link the collections into site-packages."""
    # The oldest ansible-core meets the oldest of everything else that we say we work with.
    floors = core == OLDEST_CORE and session.venv_backend == "uv"
    resolution = ["--resolution=lowest-direct"] if floors else []
    session.install(f"ansible-core=={core}.*", "-r", "requirements.txt", *wanted, *resolution)
    collections = collection_tree.fetch()
    collection_tree.link(site_packages(session) / "ansible_collections")
    session.env.update(
        ANSIBLE_COLLECTIONS_PATH=str(collections),
        ANSIBLE_CONFIG=empty_config(),
        # Discovery may pick a version manager's shim that does not run.
        ANSIBLE_PYTHON_INTERPRETER=str(Path(session.bin, "python")),
        PYTHONPATH=str(ROOT / "tests"),
    )


def check(session: nox.Session, cases: list[Case], name: str, *command: str, **options: Any) -> None:
    """Run a linter and note how it went, so that one failing linter does not hide the next."""
    started = time.monotonic()
    try:
        session.run(*command, **options)
    except CommandFailed:
        cases.append(Case(name, time.monotonic() - started, failure=f"{command[0]} failed; see the output"))
    else:
        cases.append(Case(name, time.monotonic() - started))


def finish(session: nox.Session, cases: list[Case]) -> None:
    """Write the cases of a session of linters and fail it if one failed."""
    write(results(session) / "checks.xml", session.name, cases)
    failed = [case.name for case in cases if case.failure is not None]
    if failed:
        session.error(f"failed: {', '.join(failed)}")


def pytest(session: nox.Session, *arguments: str) -> None:
    session.run("python", *PYTEST, f"--junitxml={results(session)}/pytest.xml", *arguments)


def define(
    name: str, python: str | None, lacking: str, body: Callable[[nox.Session], None], default: bool = True
) -> None:
    """Define a session that runs `body` with that interpreter, or says what the machine lacks.

    `make test` leaves out those that are not `default`.
    """
    if python is None:

        def absent(session: nox.Session) -> None:
            missing(session, lacking)

        absent.__doc__ = body.__doc__
        nox.session(name=name, venv_backend="none", default=default)(absent)
    else:
        nox.session(name=name, python=python, default=default)(body)


def unit(core: str) -> Callable[[nox.Session], None]:
    def body(session: nox.Session) -> None:
        """Unit tests."""
        install(session, core, "-r", "tests/requirements/test.txt")
        pytest(session, "tests/unit", *session.posargs)

    return body


for _version, _core in interpreters.UNIT_PAIRS.items():
    define(f"unit-{_version}", interpreters.find(_version), f"no Python {_version}", unit(_core))


def lab_unit(session: nox.Session) -> None:
    """Tests of the lab itself."""
    install(session, NEWEST_CORE, "-r", "tests/requirements/test.txt")
    pytest(session, "tests/lab_unit", *session.posargs)


def prediction(session: nox.Session) -> None:
    """What a preflight predicts, against what the lab's cycle then does."""
    install(session, NEWEST_CORE, "-r", "tests/requirements/test.txt")
    pytest(session, "tests/prediction", *session.posargs)


def recovery(session: nox.Session) -> None:
    """Runs that are killed, and a service that is: what the journal knows, and the way back."""
    install(session, NEWEST_CORE, "-r", "tests/requirements/test.txt")
    pytest(session, "tests/recovery", *session.posargs)


def powershell(session: nox.Session) -> None:
    """The PowerShell modules, through Ansible's own exec wrapper."""
    if shutil.which("pwsh") is None:
        missing(session, "no pwsh on PATH")
    install(session, NEWEST_CORE, "-r", "tests/requirements/test.txt")
    pytest(session, "tests/pwsh", *session.posargs)


def report(session: nox.Session) -> None:
    """The report's HTML page, in Chromium. Screenshots and PDFs stay in .cache/report."""
    if not (os.environ.get("CHROMIUM") or any(map(shutil.which, BROWSERS))):
        missing(session, f"none of {', '.join(BROWSERS)} on PATH, and CHROMIUM is not set")
    wanted = ("-r", "tests/requirements/test.txt", "-r", "tests/requirements/report.txt")
    install(session, NEWEST_CORE, *wanted)
    pytest(session, "tests/report", *session.posargs)


def upstream(core: str, marks: str) -> Callable[[nox.Session], None]:
    def body(session: nox.Session) -> None:
        """What our workarounds are for: whether the newest libraries, or the oldest ansible-core, still behave so."""
        install(session, core, "-r", "tests/requirements/test.txt", "--upgrade")
        if core == NEWEST_CORE:
            # Beside the one that we use: the newest ldap3, which may be a pre-release.
            folder = ROOT / ".cache" / "upstream" / "ldap3"
            shutil.rmtree(folder, ignore_errors=True)
            session.install("--target", str(folder), "ldap3>=2.10.0rc1")
            session.env["UPSTREAM_LDAP3_NEXT"] = str(folder)
        # The libraries' own deprecations are no news of ours.
        pytest(session, "-W", "ignore::DeprecationWarning", "-m", marks, *(session.posargs or ("tests/upstream",)))

    return body


def integration(core: str) -> Callable[[nox.Session], None]:
    def body(session: nox.Session) -> None:
        """Integration targets and end-to-end tests in the lab. Arguments: targets to run alone."""
        install(session, core, "-r", "tests/requirements/test.txt")
        folder = results(session)
        commands = ["python", "tests/integration/run.py", f"--junit={folder}/targets.xml", *session.posargs]
        if not session.posargs and core != NEWEST_CORE:
            # It takes minutes. On every core the role makes the lab, and the end-to-end tests run it twice more.
            commands.append("--without=ad_domain")
        chosen = ["tests/e2e"] if core == NEWEST_CORE else ["-m", "not once", *E2E_ON_OLDEST_CORE]
        if not session.posargs and core in (NEWEST_CORE, OLDEST_CORE):
            commands += ["--", "python", *PYTEST, f"--junitxml={folder}/e2e.xml", *chosen]
        # Time to take the lab down when somebody presses Ctrl-C.
        program = (str(TOOLS / "as_root"), "python", str(TOOLS / "with_lab.py"))
        session.run(*program, *commands, external=True, interrupt_timeout=120, terminate_timeout=60)

    return body


def sanity(session: nox.Session) -> None:
    """ansible-test sanity over a copy of the tree."""
    session.install(f"ansible-core=={NEWEST_CORE}.*")
    ansible_test_pip.write(ansible_test_pip.wanted_version(site_packages(session) / "ansible_test"))
    folder = results(session)
    with session.chdir(work_copy.copy()):
        try:
            # ansible-test runs every pythonX.Y on PATH and hands little of the environment on: no shims, then.
            path = os.pathsep.join([session.bin, *interpreters.search_path()])
            # pslint downloads PSScriptAnalyzer from a gallery that not every machine reaches: for those who have it.
            options = ("--venv", "--requirements", "--junit", "--color", "no", "--skip-test", "pslint")
            session.run("ansible-test", "sanity", *options, *session.posargs, env={"PATH": path})
        finally:
            for file in Path("tests", "output", "junit").glob("*.xml"):
                shutil.copy(file, folder)


def ansible_lint(session: nox.Session) -> None:
    """ansible-lint, production profile, over a copy of the tree."""
    session.install(f"ansible-core=={NEWEST_CORE}.*", "-r", "requirements.txt", "-r", "tests/requirements/lint.txt")
    copy = work_copy.copy()
    cases: list[Case] = []
    with session.chdir(copy):
        environment = {"ANSIBLE_COLLECTIONS_PATH": str(copy.parents[2]), "ANSIBLE_CONFIG": empty_config()}
        check(
            session, cases, "ansible-lint", "ansible-lint", "--offline", "--nocolor", *session.posargs, env=environment
        )
    finish(session, cases)


def mypy(session: nox.Session) -> None:
    """Types of the plugins, the lab, the tests and the tools."""
    wanted = [f"tests/requirements/{name}.txt" for name in ("test", "report", "lint")]
    install(session, NEWEST_CORE, *(part for file in wanted for part in ("-r", file)), "nox")
    cases: list[Case] = []
    options = ("--python-executable", str(Path(session.bin) / "python"))
    base = f"{collection_tree.COLLECTIONS.parent}:{ROOT / 'tests'}:{TOOLS}"
    path = {"MYPYPATH": base, "PYTHONPATH": ""}
    for package in ("ansible_collections.hybrid.identity.plugins", "lab", "bench"):
        check(session, cases, package, "mypy", *options, "-p", package, env=path)
    # A test imports the helpers beside it by their bare names, as pytest lets it: a run for each folder.
    names = (
        "roles",
        "tests/unit",
        "tests/lab_unit",
        "tests/prediction",
        "tests/recovery",
        "tests/support",
        "tests/upstream",
        "tests/pwsh",
        "tests/report",
        "tests/e2e",
        "tests/integration",
        "tests/bench/callbacks",
        "tests/bench/roles",
    )
    for folder in sorted({file.parent for name in names for file in Path(name).rglob("*.py")}):
        files = sorted(str(file) for file in folder.glob("*.py"))
        check(
            session,
            cases,
            str(folder),
            "mypy",
            *options,
            *files,
            env={**path, "MYPYPATH": f"{folder.absolute()}:{base}"},
        )
    check(session, cases, "tools", "mypy", *options, "noxfile.py", *map(str, sorted(TOOLS.glob("*.py"))), env=path)
    finish(session, cases)


def lint(session: nox.Session) -> None:
    """The quick linters."""
    session.install("-r", "tests/requirements/lint.txt")
    cases: list[Case] = []
    check(session, cases, "ruff", "ruff", "check", "--quiet", ".")
    check(session, cases, "yamllint", "yamllint", "--strict", ".")
    # In the copy: reuse takes what git ignores in a folder that git does not know yet for ours.
    check(session, cases, "reuse", "reuse", "--root", str(work_copy.copy()), "lint", "--lines")
    check(session, cases, "changelog", "antsibull-changelog", "lint")
    check(session, cases, "action groups", "python", str(TOOLS / "action_groups.py"))
    check(
        session,
        cases,
        "shell",
        "shellcheck",
        ".ci/run",
        str(TOOLS / "as_root"),
        str(TOOLS / "bootstrap"),
        external=True,
    )
    check(session, cases, "build", "ansible-galaxy", "collection", "build", "--force", "--output-path", ".cache/build")
    finish(session, cases)


for _body in (lint, mypy, ansible_lint, sanity, lab_unit, prediction, recovery, powershell, report):
    define(_body.__name__.replace("_", "-"), NEWEST_PYTHON, "no Python 3.11 or newer", _body)
for _core in interpreters.CONTROLLER_PYTHONS:
    _python = interpreters.controller_python(_core)
    _lacking = f"no Python {' or '.join(interpreters.CONTROLLER_PYTHONS[_core])} for ansible-core {_core}"
    define(f"integration-{_core}", _python[1] if _python else None, _lacking, integration(_core))

define("upstream", NEWEST_PYTHON, "no Python 3.11 or newer", upstream(NEWEST_CORE, "not oldest"), default=False)
_python = interpreters.controller_python(OLDEST_CORE)
define(
    "upstream-oldest",
    _python[1] if _python else None,
    f"no Python for ansible-core {OLDEST_CORE}",
    upstream(OLDEST_CORE, "oldest"),
    default=False,
)
