# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Entra emulator as a process of its own: start, ask, stop."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from support.polling import PATIENCE, wait_until

from .errors import LabError

TESTS = Path(__file__).resolve().parents[1]
SEED = Path(__file__).with_name("seeds") / "tenant.json"


def start(state: Path, tls: dict[str, Path], credentials: dict[str, dict[str, str]]) -> tuple[int, int]:
    """Serve the tenant kept below `state`/entra, or the seed, on a free port. Returns (pid, port). Raises LabError.

    The pid is kept in a file too, so that `stop` finds an emulator whose starter was killed.
    """
    home = state / "entra"
    home.mkdir(mode=0o700, exist_ok=True)
    secrets = home / "credentials.json"
    secrets.touch(mode=0o600)
    secrets.write_text(json.dumps(credentials), encoding="utf-8")
    ready = home / "ready"
    ready.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "lab.entra",
        "--seed",
        str(SEED),
        "--state",
        str(home / "store"),
        "--ready-file",
        str(ready),
    ]
    command += ["--tls-cert", str(tls["cert"]), "--tls-key", str(tls["key"]), "--credentials", str(secrets)]
    with (state / "emulator.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _pid_file(state).write_text(f"{process.pid}\n", encoding="ascii")
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: ready.exists() or process.poll() is not None, "the Entra emulator serves")
    if not ready.exists():
        process.kill()
        raise LabError(f"The Entra emulator did not start:\n{(state / 'emulator.log').read_text('utf-8')[-2000:]}")
    return process.pid, int(ready.read_text("ascii"))


def _pid_file(state: Path) -> Path:
    return state / "entra" / "pid"


def running(state: Path) -> int:
    """The pid of the emulator of that state folder, or 0; a number that another program has by now does not count."""
    try:
        pid = int(_pid_file(state).read_text("ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return 0
    return pid if b"lab.entra" in command else 0


def stop(state: Path) -> None:
    """End the emulator and wait for it. Raises LabError where it does not end."""
    pid = running(state)
    if not pid:
        return
    os.kill(pid, signal.SIGTERM)

    def ended() -> bool:
        _reap(pid)
        return not running(state)

    try:
        wait_until(ended, "the Entra emulator has ended")
    except TimeoutError as error:
        raise LabError(f"The Entra emulator (pid {pid}) does not stop. {error} End it by hand.") from None


def _reap(pid: int) -> None:
    """A child of this very process stays as a zombie until it is waited for."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def control(graph_url: str, ca: Path, method: str, path: str, body: Any = None) -> Any:
    """Call the control plane, `/lab/<path>`. Raises LabError with what it answered."""
    request = urllib.request.Request(  # noqa: S310 - graph_url is https, made by `start`
        f"{graph_url}/lab/{path}", method=method, headers={"Content-Type": "application/json"}
    )
    if body is not None:
        request.data = json.dumps(body).encode()
    context = ssl.create_default_context(cafile=str(ca))
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:  # noqa: S310
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise LabError(
            f"The emulator refused {method} /lab/{path}: {error.read().decode('utf-8', 'replace')}"
        ) from None
    except urllib.error.URLError as error:
        raise LabError(f"The emulator does not answer at {graph_url}: {error.reason}") from None
    return json.loads(text) if text else None
