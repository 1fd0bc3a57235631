# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real emulator, a process of its own, driven over HTTPS."""

from __future__ import annotations

import json
import os
import secrets
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from lab import ca

from .polling import PATIENCE, wait_until

TESTS = Path(__file__).resolve().parents[1]
SEED = TESTS / "lab" / "seeds" / "tenant.json"
APPS = {
    "hard-matcher": "11111111-aaaa-4000-8000-000000000001",
    "reader": "11111111-aaaa-4000-8000-000000000002",
    "nobody": "11111111-aaaa-4000-8000-000000000003",
    "privileged": "11111111-aaaa-4000-8000-000000000004",
    "preflight": "11111111-aaaa-4000-8000-000000000005",
    "writer": "11111111-aaaa-4000-8000-000000000007",
}


class Emulator:
    """Starts, stops and kills `python -m lab.entra`, and logs in to it."""

    tenant = "contoso.com"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tls = ca.write_server_certificate(folder / "tls")
        self.app_certificate = ca.write_app_certificate(folder / "tls" / "app.pem")
        self.secrets = {name: secrets.token_urlsafe(24) for name in APPS}
        credentials: dict[str, dict[str, str]] = {name: {"secret": value} for name, value in self.secrets.items()}
        credentials["hard-matcher"]["certificate"] = "tls/app.pem"
        self.credentials = folder / "credentials.json"
        self.credentials.write_text(json.dumps(credentials))
        self.credentials.chmod(0o600)
        self.state = folder / "state"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}

    def start(self) -> Emulator:
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "lab.entra", "--port", str(self.port)]
        command += ["--tls-cert", str(self.tls["cert"]), "--tls-key", str(self.tls["key"])]
        command += ["--seed", str(SEED), "--state", str(self.state), "--credentials", str(self.credentials)]
        command += ["--ready-file", str(ready)]
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=log, stderr=log)
        self.process = process
        try:
            wait_until(lambda: ready.exists() or process.poll() is not None, "the emulator serves")
            assert ready.exists(), self.log()
        except BaseException:
            process.kill()
            process.wait()
            raise
        self.port = int(ready.read_text())
        self.url = f"https://localhost:{self.port}"
        self.http = httpx.Client(verify=ssl.create_default_context(cafile=str(self.tls["ca"])), base_url=self.url)
        return self

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def stop(self, kill: bool = False) -> int:
        assert self.process
        self.http.close()
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        return self.process.wait(timeout=PATIENCE)

    def options(self, app: str = "hard-matcher") -> dict[str, Any]:
        """Connection options of the Graph modules."""
        return {
            "tenant": self.tenant,
            "client_id": APPS[app],
            "secret": self.secrets[app],
            "authority": self.url,
            "graph_url": self.url,
            "graph_ca_cert": str(self.tls["ca"]),
            "disable_instance_discovery": True,
        }

    def token_form(self, app: str, **changes: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_id": APPS[app],
            "client_secret": self.secrets[app],
            "scope": f"{self.url}/.default",
            **changes,
        }

    def post_token(self, form: dict[str, str], tenant: str = tenant) -> httpx.Response:
        return self.http.post(f"/{tenant}/oauth2/v2.0/token", data=form)

    def token(self, app: str = "hard-matcher") -> str:
        if app not in self._tokens:
            answer = self.post_token(self.token_form(app))
            assert answer.status_code == 200, answer.text
            self._tokens[app] = answer.json()["access_token"]
        return self._tokens[app]

    def graph(self, method: str, path: str, app: str = "hard-matcher", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(app)}", **more.pop("headers", {})}
        return self.http.request(method, f"/{more.pop('version', 'v1.0')}{path}", headers=headers, **more)

    def values(self, path: str, app: str = "preflight", **more: Any) -> list[dict[str, Any]]:
        """All that a collection holds, page after page."""
        found: list[dict[str, Any]] = []
        answer = self.graph("GET", path, app, **more)
        while True:
            assert answer.status_code == 200, answer.text
            found += answer.json()["value"]
            link = answer.json().get("@odata.nextLink")
            if not link:
                return found
            answer = self.http.get(link, headers={"Authorization": f"Bearer {self.token(app)}"})

    def batch(self, requests: list[dict[str, Any]], app: str = "hard-matcher") -> dict[str, dict[str, Any]]:
        answer = self.graph("POST", "/$batch", app, json={"requests": requests})
        assert answer.status_code == 200, answer.text
        return {item["id"]: item for item in answer.json()["responses"]}

    def settings(self, **changes: Any) -> None:
        answer = self.http.put("/lab/settings", json=changes)
        assert answer.status_code == 200, answer.text

    def advance(self, seconds: float) -> None:
        """Set the emulator's clock forward; the next request logs in anew, since its token may be over."""
        self._tokens.clear()
        self.control("PUT", "clock", {"advance": seconds})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control plane; the answer must be a success."""
        answer = self.http.request(method, f"/lab/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def export(self, *objects: dict[str, Any], deletes: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """One export of a sync client; its results in order."""
        body = {"cycleStarted": "2026-11-24T06:00:00Z", "objects": list(objects), "deletes": list(deletes)}
        results: list[dict[str, Any]] = self.control("POST", "provision", body)["results"]
        return results

    def raw(self, upn: str) -> dict[str, Any]:
        """A user with all that is stored of it, deleted ones too."""
        users = self.control("GET", "dump")["user"]
        return next(user for user in users if user["userPrincipalName"].lower() == upn.lower())

    def change(self, upn: str, **changes: Any) -> None:
        self.control("PATCH", "users", [{"userPrincipalName": upn, **changes}])

    def user_id(self, upn: str) -> str:
        answer = self.graph("GET", f"/users/{upn.replace('#', '%23')}?$select=id")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def immutable_id(self, upn: str) -> str | None:
        value: str | None = self.graph("GET", f"/users/{upn}?$select=onPremisesImmutableId").json()[
            "onPremisesImmutableId"
        ]
        return value
