# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the PowerShell modules say of names that want to write lines of their own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from support.nasty_text import FORGED, INVISIBLE
from support.resident_powershell import PWSH

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import LONGEST, visible
from cases import Cases
from pwsh_server import Server

UTIL = Path(__file__).resolve().parents[3] / "plugins" / "module_utils" / "_ConnectText.psm1"
SCRIPT = f"""
[Console]::OutputEncoding = [Text.Encoding]::UTF8
Import-Module -Name '{UTIL}'
$texts = Get-Content -LiteralPath $env:TEXTS -Encoding utf8 -Raw | ConvertFrom-Json
foreach ($text in $texts) {{ ConvertTo-VisibleText -Text $text }}
$null -eq (ConvertTo-VisibleText -Text $null)
"""
# What XML can hold of it.
HOSTILE = "\nok: [localhost]\u202e\x9b31m\u2028ok: [localhost]"
ANCHOR = "3jFgh7G/i0+csBxnpglNPg=="
CASES = Cases()
Ran = dict[str, Server]


def test_it_writes_out_what_the_python_modules_write_out(tmp_path: Path) -> None:
    plane = "".join(chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000)
    texts = [plane[start : start + 256] for start in range(0, len(plane), 256)] + [
        FORGED,
        "x" * 5000,
        "\x1b" * 4000,
        "CONTOSO\\anna \U0001f600",
        "",
    ]
    (tmp_path / "texts.json").write_text(json.dumps(texts), "utf-8")
    assert PWSH
    done = subprocess.run(
        [PWSH, "-NoProfile", "-NonInteractive", "-Command", SCRIPT],
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
        env={**os.environ, "TEXTS": str(tmp_path / "texts.json")},
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout.removesuffix("\n").split("\n")
    assert shown[:-1] == [visible(text) for text in texts]
    assert shown[-1] == "True"
    assert len(shown[-4]) <= LONGEST


@CASES
def hostile(server: Server) -> None:
    server.pending(ANCHOR)
    memory = server.state.read("space.json")
    memory["joined"][ANCHOR]["record"]["userPrincipalName"] = f"anna@contoso.com{HOSTILE}"
    server.state.write("space.json", memory)
    server.cloud.answers[ANCHOR] = {
        "outcome": "error",
        "error": {"code": "InvalidHardMatch", "message": f"Refused{HOSTILE}", "details": {}},
    }
    server.cycle()
    server.cycle(fail_on_error=False)
    server.task("adsync_info", immutable_ids=[ANCHOR])
    server.task("adsync_info", users=[{"immutable_id": f"{ANCHOR}{HOSTILE}"}])
    server.task("adsync_info", users=[{"immutable_id": f"{ANCHOR}\n"}])
    server.task("adsync_info", module_path=f"/nowhere{FORGED}")
    server.task("adsync_scheduler", custom_interval=FORGED)
    server.task("entra_connect_info", module_path=f"/nowhere{FORGED}")


def texts(value: Any, key: str = "") -> list[str]:
    """All sentences of a result."""
    if isinstance(value, dict):
        return [text for name, each in value.items() for text in texts(each, name)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each, key)]
    told = ("advice", "connection_error", "error_text", "message", "msg", "reason")
    return [value] if key in told and isinstance(value, str) else []


def test_no_name_writes_a_line_of_its_own(ran: Ran) -> None:
    failed, _again, info, *refused, connect = ran["hostile"].results
    assert "anna@contoso.com\\nok: [localhost]\\u202e\\x9b31m\\u2028ok: [localhost]" in failed["msg"]
    assert "Refused\\nok: [localhost]" in failed["export_errors"][0]["message"]
    assert "Refused\\nok: [localhost]" in info["users"][0]["reason"]
    assert [result["failed"] for result in refused] == [True] * 4
    assert "\\n' is not an ImmutableId" in refused[1]["msg"]
    assert any("anna@contoso.com\\nok: [localhost]" in text for text in texts(connect))
    for result in ran["hostile"].results:
        told = texts({name: value for name, value in result.items() if name != "shown"})
        assert told or not result["failed"]
        assert not INVISIBLE & set("".join(told))
    # Results are shown as JSON, in which a newline is no line; each line that starts so is Ansible's own.
    lines = [line for line in failed["shown"].split("\n") if line.startswith("ok: [")]
    assert all(line.startswith("ok: [hostile] => ") for line in lines)
    # What programs use is as the server has it.
    assert failed["export_errors"][0]["user_principal_name"] == f"anna@contoso.com{HOSTILE}"
