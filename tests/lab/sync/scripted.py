# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud that answers as it is told, for tests of the cycle that are not about the emulator's decisions."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from lab.ca import write_server_certificate


class Cloud:
    """Answers POST /lab/provision as a test tells it to, and remembers what was sent."""

    def __init__(self, folder: Path, certificate: dict[str, Path] | None = None) -> None:
        """Listen at once. `certificate`: what write_server_certificate() gave; without it, one is made in `folder`."""
        self.requests: list[dict[str, Any]] = []
        self.answers: dict[str, dict[str, Any]] = {}
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            # The head and the body are sent apart: without this, the body waits for an acknowledgement of the head.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                cloud.requests.append(body)
                answer = json.dumps({"results": [cloud.answer(anchor) for anchor in cloud.anchors(body)]}).encode()
                self.send_response(200 if self.path == "/lab/provision" else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        paths = certificate or write_server_certificate(folder / "tls")
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(paths["cert"], paths["key"])
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.settings = {"url": f"https://localhost:{self.server.server_port}", "ca_cert": str(paths["ca"])}
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @staticmethod
    def anchors(body: dict[str, Any]) -> list[str]:
        return [item["sourceAnchor"] for item in body["objects"]] + body["deletes"]

    def answer(self, anchor: str) -> dict[str, Any]:
        return {"sourceAnchor": anchor, "outcome": "hard_matched", "objectId": "o-1", **self.answers.get(anchor, {})}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
