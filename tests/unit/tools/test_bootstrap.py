# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bootstrap script installs on each system, and how: the real script, with a fake package manager."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Set
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "bootstrap"
# As they stand in the first lines of /etc/os-release.
DEBIAN_12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
DEBIAN_13 = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n'
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n'
BASE = {"ca-certificates", "curl", "git", "iproute2", "ldap-utils", "ldb-tools", "libatomic1", "make"}
BASE |= {"openssh-client", "openssl", "python3-apt", "python3-venv", "shellcheck"}
BROWSER = "chromium-headless-shell"

APT_GET = """echo "apt-get $*" >>"$NOTES"
"""
DPKG_QUERY = """for name in $INSTALLED; do [ "$4" = "$name" ] && echo "install ok installed" && exit; done
echo "dpkg-query: no packages found matching $4" >&2
exit 1
"""
SUDO = """echo "sudo $*" >>"$NOTES"
exec "$@"
"""


class Machine:
    """A machine of which the script sees nothing but what lies in one folder."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        self.programs = folder / "bin"
        self.notes = folder / "notes"
        self.os_release = folder / "os-release"
        self.programs.mkdir()
        for name in ("bash", "cat", "dirname", "env", "grep"):
            self.programs.joinpath(name).symlink_to(shutil.which(name) or name)
        (self.root / "tests" / "tools").mkdir(parents=True)
        shutil.copy(SCRIPT, self.root / "tests" / "tools" / "bootstrap")
        # The tools are there already: this is about packages.
        (self.root / ".cache" / "tools" / "bin").mkdir(parents=True)
        (self.root / ".cache" / "tools" / "backend").write_text("uv\n")
        self.program("nox", "", self.root / ".cache" / "tools" / "bin")
        self.program("apt-get", APT_GET)
        self.program("dpkg-query", DPKG_QUERY)

    def program(self, name: str, text: str, folder: Path | None = None) -> None:
        path = (folder or self.programs) / name
        path.write_text(f"#!{shutil.which('bash')}\n{text}", "utf-8")
        path.chmod(0o755)

    def bootstrap(self, system: str, installed: Set[str] = frozenset(), **environment: str) -> tuple[int, str]:
        """Run the script; return its exit code and what it said."""
        self.os_release.write_text(system, "utf-8")
        script = self.root / "tests" / "tools" / "bootstrap"
        done = subprocess.run(
            [str(self.programs / "bash"), str(script)],
            env={
                "PATH": str(self.programs),
                "NOTES": str(self.notes),
                "INSTALLED": " ".join(installed),
                "OS_RELEASE": str(self.os_release),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout

    def noted(self) -> list[str]:
        return self.notes.read_text("utf-8").splitlines() if self.notes.exists() else []

    def asked_for(self) -> set[str]:
        """The packages that apt-get was told to install."""
        install = next(line for line in self.noted() if line.startswith("apt-get") and " install " in line)
        return {word for word in install.split()[1:] if word != "install" and not word.startswith("-")}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.program("id", "echo 0")
    return made


@pytest.fixture
def user_machine(machine: Machine) -> Machine:
    machine.program("id", "echo 1000")
    return machine


@pytest.mark.parametrize(
    ("system", "packages"),
    [
        pytest.param(DEBIAN_12, BASE | {BROWSER}, id="Debian 12"),
        pytest.param(DEBIAN_13, BASE | {BROWSER}, id="Debian 13"),
        # Ubuntu has Chromium as a snap only, which no container installs.
        pytest.param(UBUNTU, BASE, id="Ubuntu 24.04"),
    ],
)
def test_root_installs_what_the_system_has(machine: Machine, system: str, packages: set[str]) -> None:
    code, said = machine.bootstrap(system)
    assert code == 0, said
    assert machine.asked_for() == packages
    assert machine.noted()[0] == "apt-get -qq update"
    assert not any(line.startswith("sudo") for line in machine.noted())


def test_only_what_is_missing_is_installed(machine: Machine) -> None:
    code, said = machine.bootstrap(DEBIAN_12, installed=BASE - {"git"})
    assert (code, machine.asked_for()) == (0, {"git", BROWSER}), said


def test_where_all_is_installed_nothing_is_done(machine: Machine) -> None:
    assert machine.bootstrap(UBUNTU, installed=BASE) == (0, "")
    assert machine.noted() == []


@pytest.mark.parametrize("name", [BROWSER, "chromium", "chromium-browser", "google-chrome"])
def test_any_browser_that_is_there_will_do(machine: Machine, name: str) -> None:
    machine.program(name, "")
    machine.bootstrap(DEBIAN_12)
    assert machine.asked_for() == BASE


def test_a_browser_given_by_its_path_will_do(machine: Machine) -> None:
    machine.bootstrap(DEBIAN_13, CHROMIUM="/opt/chrome/chrome")
    assert machine.asked_for() == BASE


def test_a_user_installs_through_sudo(user_machine: Machine) -> None:
    user_machine.program("sudo", SUDO)
    code, said = user_machine.bootstrap(UBUNTU)
    assert code == 0, said
    assert user_machine.asked_for() == BASE
    assert [line.split()[0] for line in user_machine.noted()] == ["sudo", "apt-get", "sudo", "apt-get"]
    assert "sudo env DEBIAN_FRONTEND=noninteractive apt-get" in user_machine.noted()[2]


def test_a_user_without_sudo_is_told_what_to_install(user_machine: Machine) -> None:
    code, said = user_machine.bootstrap(UBUNTU, installed=BASE - {"git", "make"})
    assert code == 1
    assert said == "Installing git make needs root: install sudo, or install them yourself.\n"
    assert user_machine.noted() == []


def test_a_user_with_everything_needs_no_sudo(user_machine: Machine) -> None:
    assert user_machine.bootstrap(UBUNTU, installed=BASE) == (0, "")


def test_another_system_is_told_what_it_needs(machine: Machine) -> None:
    (machine.programs / "apt-get").unlink()
    code, said = machine.bootstrap('ID="rocky"\n')
    assert code == 0
    assert said.startswith("Not Debian or Ubuntu: these must be there already: ca-certificates curl git ")


def test_a_powershell_that_works_is_fine(machine: Machine) -> None:
    machine.program("pwsh", "[[ $* = *Get-Date ]]")
    assert machine.bootstrap(UBUNTU, installed=BASE) == (0, "")


def test_a_powershell_without_cmdlets_is_named_at_once(machine: Machine) -> None:
    machine.program("pwsh", 'echo "The term Get-Date is not recognized" >&2; exit 1')
    code, said = machine.bootstrap(UBUNTU, installed=BASE)
    assert code == 1
    assert said.startswith("The pwsh on PATH does not find its own cmdlets. In a chroot, make the root a mount point")
    assert "not recognized" not in said
