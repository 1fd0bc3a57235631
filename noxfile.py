# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of the project, a session each: `make test` runs them all, `nox -s NAME` one.

A session leaves JUnit files in .cache/results/<session>/, which tests/tools/summary.py adds up. A session whose Python
the machine does not have, but could install, is skipped; one that could not be installed here is no session.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import browsers
import checks
import cores
import interpreters
import sanity_run
import unit_coverage
import work_copy
from session_support import (
    NO_PWSH,
    PYTEST,
    TOOLS,
    define,
    install,
    leave_out,
    own_config,
    pytest,
    results,
    run_checks,
)

_BACKEND = ROOT / ".cache" / "tools" / "backend"
TEST = ("-r", "tests/requirements/test.txt")
UNIT = ("-r", "tests/requirements/unit.txt")
# The libraries' own deprecations are no news of ours.
UPSTREAM = ("-W", "ignore::DeprecationWarning")
# Unit tests that run ansible-playbook itself.
PLAYBOOKS = (
    "tests/unit/roles",
    "tests/unit/module/test_match_plan_action.py",
    "tests/unit/module/test_forged_lines.py",
)
# What roles and playbooks make of their variables differs most on the oldest core; the rest is about our own code.
E2E_ON_OLDEST_CORE = ("tests/e2e/test_chain.py", "tests/e2e/test_accounts.py", "tests/e2e/test_undo.py")

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = _BACKEND.read_text(encoding="utf-8").strip() if _BACKEND.exists() else "uv|venv"
nox.options.reuse_venv = "yes"
nox.options.stop_on_first_error = False

_newest = interpreters.newest()
NEWEST_PYTHON, NEWEST_CORE = (_newest[1], _newest[2]) if _newest else (None, cores.RELEASED[-1])
NO_PYTHON = "there is no Python 3.11 or newer: install python3 python3-venv"


def unit(core: str, whole: bool) -> Callable[[nox.Session], None]:
    def body(session: nox.Session) -> None:
        """Unit tests; those that need no Ansible on the oldest and the newest Python."""
        install(session, core, *UNIT)
        if session.posargs:
            named = any(Path(each.split("::")[0]).exists() for each in session.posargs)
            pytest(session, *([] if named else ["tests/unit"]), *session.posargs)
        elif core == NEWEST_CORE:
            unit_coverage.run(session, results(session))
        else:
            part = [] if whole else ["--part=core"]
            same = PLAYBOOKS if core in cores.SAME_PLAYBOOKS and not whole else ()
            pytest(session, "tests/unit", "-m", "not once", *part, *(f"--ignore={path}" for path in same))

    return body


def lab(session: nox.Session) -> None:
    """Tests of the lab itself."""
    install(session, NEWEST_CORE, *TEST)
    pytest(session, "tests/lab/tests", *session.posargs)


def prediction(session: nox.Session) -> None:
    """What a preflight predicts, against what the lab's cycle then does."""
    install(session, NEWEST_CORE, *TEST)
    pytest(session, "tests/functional/prediction", *session.posargs)


def recovery(session: nox.Session) -> None:
    """Runs that are killed, and a service that is: what the journal knows, and the way back."""
    install(session, NEWEST_CORE, *TEST)
    pytest(session, "tests/functional/recovery", *session.posargs)


def powershell(session: nox.Session) -> None:
    """The PowerShell modules, through Ansible's own exec wrapper."""
    if shutil.which("pwsh") is None:
        leave_out(session, NO_PWSH)
    install(session, NEWEST_CORE, *TEST)
    pytest(session, "tests/functional/pwsh", *session.posargs)


def report(session: nox.Session) -> None:
    """The report's HTML page, in Chromium. Screenshots and PDFs stay in .cache/report."""
    if browsers.find() is None:
        leave_out(session, browsers.MISSING)
    install(session, NEWEST_CORE, *TEST, "-r", "tests/requirements/report.txt")
    pytest(session, "tests/functional/report", *session.posargs)


def pictures(session: nox.Session) -> None:
    """The pictures in docs/images, from the table and the report that `make demo` left: `make pictures`."""
    if browsers.find() is None:
        leave_out(session, browsers.MISSING)
    session.install("-r", "tests/requirements/report.txt")
    session.run("python", "tests/functional/report/pictures.py", env={"PYTHONPATH": str(TOOLS)})


def integration(core: str) -> Callable[[nox.Session], None]:
    def body(session: nox.Session) -> None:
        """Integration targets in the lab. Arguments: targets to run instead of all."""
        install(session, core, *TEST)
        # ad_domain has a session of its own.
        chosen = session.posargs or ["--without=ad_domain"]
        run_in_lab(session, "python", "tests/integration/run.py", f"--junit={results(session)}/targets.xml", *chosen)

    return body


def e2e(core: str) -> Callable[[nox.Session], None]:
    def body(session: nox.Session) -> None:
        """End-to-end tests in the lab. Arguments: pytest's."""
        install(session, core, *TEST)
        chosen = ["tests/e2e"] if core == NEWEST_CORE else ["-m", "not once", *E2E_ON_OLDEST_CORE]
        run_in_lab(session, "python", *PYTEST, f"--junitxml={results(session)}/e2e.xml", *(session.posargs or chosen))

    return body


def run_in_lab(session: nox.Session, *command: str) -> None:
    """Run a program in a lab of the session's own, so that several of these sessions may run at once."""
    session.env["LAB_STATE"] = str(ROOT / ".cache" / "labs" / session.name)
    run_as_root(session, "python", str(TOOLS / "with_lab.py"), *command)


def ad_domain(session: nox.Session) -> None:
    """The role that makes a domain: the integration target that needs no lab, whose lane is the longest."""
    install(session, NEWEST_CORE, *TEST)
    junit = f"--junit={results(session)}/targets.xml"
    run_as_root(session, "python", "tests/integration/run.py", "--without-lab", junit, "ad_domain")


def run_as_root(session: nox.Session, *command: str) -> None:
    """Run a program that has domain controllers to stop when somebody presses Ctrl-C."""
    session.run(str(TOOLS / "as_root"), *command, external=True, interrupt_timeout=120, terminate_timeout=60)


def upstream(session: nox.Session) -> None:
    """Whether the newest libraries still behave as our workarounds expect."""
    install(session, NEWEST_CORE, *TEST, "--upgrade")
    # Beside the one that we use: the newest ldap3, which may be a pre-release.
    folder = ROOT / ".cache" / "upstream" / "ldap3"
    shutil.rmtree(folder, ignore_errors=True)
    session.install("--target", str(folder), "ldap3>=2.10.0rc1")
    session.env["UPSTREAM_LDAP3_NEXT"] = str(folder)
    pytest(session, *UPSTREAM, "-m", "not oldest", *(session.posargs or ["tests/upstream"]))


def upstream_oldest(session: nox.Session) -> None:
    """The same for what only the oldest ansible-core does."""
    install(session, cores.OLDEST, *TEST, "--upgrade")
    pytest(session, *UPSTREAM, "-m", "oldest", *(session.posargs or ["tests/upstream"]))


def sanity(session: nox.Session) -> None:
    """ansible-test sanity over a copy of the tree."""
    session.install(cores.requirement(NEWEST_CORE))
    sanity_run.run(session, results(session))


def ansible_lint(session: nox.Session) -> None:
    """ansible-lint, production profile, over a copy of the tree."""
    session.install(cores.requirement(NEWEST_CORE), "-r", "requirements.txt", "-r", "tests/requirements/lint.txt")
    copy = work_copy.copy(session.name)
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(copy.parents[2]), "ANSIBLE_CONFIG": own_config()}
    with session.chdir(copy):
        command = ("ansible-lint", "--offline", "--nocolor", *session.posargs)
        run_checks(session, {"ansible-lint": command}, env=environment)


def _install_for_checks(session: nox.Session) -> None:
    wanted = [part for name in ("test", "report", "lint") for part in ("-r", f"tests/requirements/{name}.txt")]
    install(session, NEWEST_CORE, *wanted, "nox")


def mypy(session: nox.Session) -> None:
    """Types of the plugins, the lab, the tests and the tools."""
    _install_for_checks(session)
    run_checks(session, checks.TYPES)


def lint(session: nox.Session) -> None:
    """The quick linters."""
    session.install("-r", "tests/requirements/lint.txt")
    # In a copy: reuse takes what git ignores in a folder that git does not know yet for ours.
    reuse = ("reuse", "--root", str(work_copy.copy(session.name)), "lint", "--lines")
    run_checks(session, {**checks.QUICK, **checks.SLOW, "reuse": reuse})


def check(session: nox.Session) -> None:
    """What `make check` runs: the quick checks, types, and the tests that need no Ansible."""
    _install_for_checks(session)
    session.run("python", str(TOOLS / "checks.py"))


for _body in (lint, mypy, ansible_lint, sanity, lab, prediction, recovery, report, ad_domain):
    define(_body.__name__.replace("_", "-"), NEWEST_PYTHON, NO_PYTHON, _body)
# Not one of all: its parts are sessions of their own.
nox.session(name="check", python=NEWEST_PYTHON, default=False)(check)

_pythons = {_core: interpreters.controller_python(_core) for _core in cores.CONTROLLER_PYTHONS}
_paths = {_core: _found[1] if _found else None for _core, _found in _pythons.items()}
_lacking = {_core: None if _path else interpreters.lacking(_core) for _core, _path in _paths.items()}
_whole = cores.whole_runs({_core: _found[0] for _core, _found in _pythons.items() if _found}, NEWEST_CORE)
for _core, _path in _paths.items():
    define(f"unit-{_core}", _path, _lacking[_core], unit(_core, _core in _whole))
for _core in cores.integration(NEWEST_CORE):
    define(f"integration-{_core}", _paths[_core], _lacking[_core], integration(_core))
    define(f"e2e-{_core}", _paths[_core], _lacking[_core], e2e(_core))
if cores.number(NEWEST_CORE) >= cores.number(cores.FIRST_WITH_POSIX_POWERSHELL):
    define("powershell", NEWEST_PYTHON, NO_PYTHON, powershell)
else:
    define("powershell", None, _lacking[cores.FIRST_WITH_POSIX_POWERSHELL], powershell)
define("pictures", NEWEST_PYTHON, NO_PYTHON, pictures, default=False)
# What our workarounds are for is not a question of our own code, and needs the newest releases: `make upstream`.
define("upstream", NEWEST_PYTHON, NO_PYTHON, upstream, default=False)
define("upstream-oldest", _paths[cores.OLDEST], _lacking[cores.OLDEST], upstream_oldest, default=False)
