# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lab up|down|status|demo|dump`: the embedded estate, for tests and for people who want to play."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType

from . import dc, demo, emulator, estate, lock, processes
from .errors import LabError


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="start the estate and leave it running")
    up.add_argument("--users", type=int, default=0, metavar="N", help="N plain users more, in both directories")
    verbs.add_parser("down", help="stop it and remove its state")
    verbs.add_parser("status", help="say what runs")
    verbs.add_parser("demo", help="bring it up, run the chain twice, take it down")
    verbs.add_parser("dump", help="print both directories, to compare before and after")
    return parser.parse_args()


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _up(state: Path, users: int) -> int:
    with lock.held(state):
        lab = estate.up(state, users)
    print(f"Active Directory  ldaps://{lab['ldap']['server']}:{lab['ldap']['port']}  {lab['domain']}")
    print(f"Entra ID          {lab['graph_url']}  tenant {lab['tenant']}")
    print(f"Play with it:     . {state}/env")
    program = Path(sys.executable).with_name("ansible-playbook")
    print(f"                  {program} -i {state}/inventory.yml hybrid.identity.site --check --diff")
    return 0


def _down(state: Path) -> int:
    with lock.held(state), processes.undisturbed():
        print("The lab is down." if estate.down(state) else "There was no lab.")
    return 0


def _demo(state: Path) -> int:
    with lock.held(state):
        return demo.run(state)


def _status(state: Path) -> int:
    estate.read(state)
    alive = {"emulator": emulator.running(state), "dc": dc.running(state)}
    for name, is_up in alive.items():
        print(f"{name}: {'running' if is_up else 'not running'}")
    return 0 if all(alive.values()) else 1


def _dump(state: Path) -> int:
    lab = estate.read(state)
    tenant = emulator.control(lab["graph_url"], Path(lab["ca_cert"]), "GET", "dump")
    print(dc.dump_directory(Path(lab["ldap"]["sam"]), Path(lab["ldap"]["smb_conf"])))
    print(json.dumps(tenant, indent=1, sort_keys=True))
    return 0


def main() -> int:
    options = _arguments()
    state = estate.folder()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        match options.verb:
            case "up":
                return _up(state, options.users)
            case "down":
                return _down(state)
            case "status":
                return _status(state)
            case "demo":
                return _demo(state)
            case _:
                return _dump(state)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
