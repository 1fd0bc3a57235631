# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a cycle: ``python -m lab.sync --state DIR --policy delta|initial [--detach]``.

Exits 0 when the cycle has run (its runs say how it went); 3 if another cycle is in progress. With --detach, it exits 0
as soon as the cycle pauses (lab.sync.clock) or has ended.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from pathlib import Path

from lab.sync.clock import Clock, wait_for_rest
from lab.sync.cycle import Cycle
from lab.sync.state import State


def _detach(state: State, log: Path) -> None:
    """Go on in a process of its own, outside of the caller's session and files."""
    told, tell = os.pipe()
    if os.fork():
        os.close(tell)
        # Ends when the new process has closed its files, and so has said that it works.
        os.read(told, 1)
        os.wait()
        wait_for_rest(state)
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    state.write("process.json", {"pid": os.getpid(), "until": None})
    nothing = os.open(os.devnull, os.O_RDONLY)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(source, target)
    # Whatever else was inherited (a pipe of Ansible's, say) would keep somebody waiting for its end.
    os.closerange(3, 256)


def _stop(*_: object) -> None:
    raise SystemExit(143)


def _run(state: State, policy: str, clock: Clock) -> int:
    clock.pause(float(state.read("faults.json", {}).get("start_delay", 0)))
    if not state.take_cycle(policy):
        print("Another cycle is in progress.", file=sys.stderr)
        return 3
    try:
        Cycle(state, policy, clock).run()
    except Exception:  # noqa: BLE001 - the log is all that a detached program has
        traceback.print_exc()
        return 1
    finally:
        state.release_cycle()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.sync", description="Run a synchronization cycle.")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--policy", choices=("delta", "initial"), default="delta")
    parser.add_argument(
        "--detach",
        action="store_true",
        help="run it in a process of its own",
    )
    options = parser.parse_args()
    state = State(options.state.resolve())
    if options.detach:
        _detach(state, state.folder / "cycle.log")
    signal.signal(signal.SIGTERM, _stop)
    try:
        return _run(state, options.policy, Clock(state, detached=options.detach))
    finally:
        if options.detach:
            state.remove("process.json")


if __name__ == "__main__":
    sys.exit(main())
