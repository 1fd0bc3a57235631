# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lab.entra`: serve the emulator over HTTPS on a loopback address until SIGTERM."""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from . import app, seed
from .control import Control
from .journal import Journal
from .service import Service
from .signing import load_key
from .store import Store
from .tokens import Login


class _Server(uvicorn.Server):
    """Writes the ready file once it serves."""

    ready_file: Path | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.ready_file and sockets and not self.should_exit:
            draft = self.ready_file.with_name(self.ready_file.name + ".new")
            draft.write_text(f"{sockets[0].getsockname()[1]}\n", encoding="ascii")
            os.replace(draft, self.ready_file)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lab.entra", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one; see --ready-file")
    parser.add_argument("--tls-cert", type=Path, required=True, help="PEM chain of the server certificate")
    parser.add_argument("--tls-key", type=Path, required=True, help="PEM key of it")
    parser.add_argument("--seed", type=Path, required=True, help="the tenant to begin with, JSON")
    parser.add_argument("--state", type=Path, required=True, help="folder of what was written; wins over the seed")
    parser.add_argument(
        "--credentials",
        type=Path,
        help='JSON {"<app name or id>": {"secret": "...", "certificate": "<PEM file>"}}; without it nobody can log in',
    )
    parser.add_argument("--ready-file", type=Path, help="gets the port, once the server serves")
    return parser.parse_args()


def read_credentials(path: Path | None) -> dict[str, dict[str, str]]:
    """Secrets and certificates by app. A certificate file may hold its key too; only the certificate is kept."""
    if path is None:
        return {}
    found: dict[str, dict[str, str]] = {}
    try:
        given = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"The credentials file {path} is not JSON: line {error.lineno}.") from None
    if not isinstance(given, dict) or not all(isinstance(entry, dict) for entry in given.values()):
        raise ValueError(f"The credentials file {path} must hold an object of objects, by app.")
    for name, entry in given.items():
        found[name] = {"secret": entry.get("secret", "")}
        if entry.get("certificate"):
            text = Path(path.parent, entry["certificate"]).read_text("utf-8")
            begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
            if begin not in text or end not in text:
                raise ValueError(f"{entry['certificate']} holds no PEM certificate.")
            found[name]["certificate"] = text[text.index(begin) : text.index(end) + len(end)] + "\n"
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def main() -> None:
    options = _arguments()
    if not _is_loopback(options.host):
        sys.exit(f"--host {options.host} is not a loopback address: the emulator serves this machine only.")
    try:
        store, server, listener = _prepare(options)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    # uvicorn shuts down in order and then raises the signal again: an ordered end is a success.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    try:
        server.run(sockets=[listener])
    finally:
        store.close()


def _prepare(options: argparse.Namespace) -> tuple[Store, _Server, socket.socket]:
    """Everything that can fail on what the caller gave. Raises OSError or ValueError."""
    credentials = read_credentials(options.credentials)
    store = Store(Journal(options.state))
    if not store.open():
        store.replace_all(seed.read_seed(options.seed))
    service = Service(store, Login(store, load_key(options.state), credentials))
    config = uvicorn.Config(
        app.build(service, Control(service, options.seed)),
        ssl_certfile=str(options.tls_cert),
        ssl_keyfile=str(options.tls_key),
        access_log=False,
        log_level="warning",
        lifespan="off",
        server_header=False,
        # The emulator's own time is in the answers (app.py).
        date_header=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=60,
    )
    for path in (options.tls_cert, options.tls_key):
        path.read_bytes()  # the error of the TLS library does not name the file
    config.load()
    server = _Server(config)
    server.ready_file = options.ready_file
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    return store, server, socket.create_server((options.host, options.port), family=family, backlog=512)


if __name__ == "__main__":
    main()
