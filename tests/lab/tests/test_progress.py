# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees of a long task: ansible-playbook against the emulator, standard output and error apart."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.entra_process import APPS, Emulator
from support.polling import PATIENCE, wait_until

Until = Callable[[str], bool]

LINE = re.compile(
    r"^\[(?P<host>\S+)\] (?P<task>.+): writing, 40 of 100 done, 0 refused, 60 waiting, the service asks to wait \d s"
)
AND_80 = "writing, 80 of 100 done"
# Seconds, of the emulator's stopped clock: how long a task waits before it asks again whether the quota is open.
WINDOW = 1


def play(
    entra: Emulator,
    folder: Path,
    *arguments: str,
    task: dict[str, Any],
    until: Sequence[Until] = (),
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run one task of entra_immutable_id; it must succeed.

    The quota opens each time that the next of `until` is true, which gets what was written to standard error.
    """
    tasks = [{"name": "Match", "hybrid.identity.entra_immutable_id": task.pop("options"), "register": "done", **task}]
    tasks += [{"name": "Check", "ansible.builtin.assert": {"that": task.get("that", "done is not failed")}}]
    tasks[0].pop("that", None)
    host = {"hosts": "tenant", "gather_facts": False, "connection": "local", "tasks": tasks}
    (folder / "play.yml").write_text(yaml.safe_dump([host]), encoding="utf-8")
    given = {
        "AZURE_TENANT": entra.tenant,
        "AZURE_CLIENT_ID": APPS["hard-matcher"],
        "AZURE_SECRET": entra.secrets["hard-matcher"],
        "AZURE_AUTHORITY_HOST": entra.url,
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "HYBRID_IDENTITY_GRAPH_URL": entra.url,
        "HYBRID_IDENTITY_GRAPH_CA_CERT": str(entra.tls["ca"]),
        "HYBRID_IDENTITY_PROGRESS_INTERVAL": "1",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_NOCOWS": "1",
    }
    program = shutil.which("ansible-playbook", path=str(Path(sys.executable).parent)) or "ansible-playbook"
    command = [program, "-i", "tenant,", *arguments, str(folder / "play.yml")]
    output, errors = folder / "output", folder / "errors"
    with output.open("w") as out, errors.open("w") as err:
        process = subprocess.Popen(
            command,
            env={**os.environ, **given, **environment},
            stdout=out,
            stderr=err,
            cwd=folder,
            stdin=subprocess.DEVNULL,
        )

    def waits(shown: Callable[[str], bool]) -> bool:
        return process.poll() is not None or shown(errors.read_text())

    try:
        for shown in until:
            wait_until(partial(waits, shown), "the task waits")
            entra.advance(2 * WINDOW)
        code = process.wait(PATIENCE)
    finally:
        process.kill()
    done = subprocess.CompletedProcess(command, code, output.read_text(), errors.read_text())
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def slow(entra: Emulator) -> list[dict[str, str]]:
    """100 users, as records, of whom 40 can be written until the quota opens again."""
    names = [f"user{number}@contoso.com" for number in range(100)]
    entra.control("POST", "users", [{"userPrincipalName": name, "displayName": name} for name in names])
    entra.control("PUT", "clock", {"stopped": True})
    entra.settings(throttle={"enabled": True, "timeScale": WINDOW / 150, "limits": {"appTenantWrites": 40}})
    return [{"user_principal_name": name, "object_guid": str(uuid.uuid5(uuid.NAMESPACE_OID, name))} for name in names]


def waits(entra: Emulator) -> list[Until]:
    """Twice the moment at which the service has told a task to wait."""

    def told(window: int) -> Until:
        return lambda _errors: any(
            len(each["windows"]) == window and each["windows"][-1]["refused"]
            for each in entra.control("GET", "throttle")
            if each["limit"] == "appTenantWrites"
        )

    return [told(1), told(2)]


def lines(text: str) -> list[re.Match[str]]:
    return [found for found in map(LINE.match, text.splitlines()) if found]


def test_a_person_sees_how_far_a_long_task_is(entra: Emulator, tmp_path: Path, slow: list[dict[str, str]]) -> None:
    that = ["done.summary.set == 100", "done.waited_seconds > 1", "done.lookup.method == 'listing'"]
    until: list[Until] = [lambda errors: bool(lines(errors)), lambda errors: AND_80 in errors]
    done = play(entra, tmp_path, task={"options": {"users": slow}, "that": that}, until=until)
    assert (lines(done.stderr)[0]["host"], lines(done.stderr)[0]["task"]) == ("tenant", "Match")
    assert AND_80 in done.stderr
    assert re.search(r"ETA \d s", done.stderr)
    # The callback plugin has standard output for itself, and -v alone tells of the look-up.
    assert "writing" not in done.stdout
    assert "looked up" not in done.stdout + done.stderr


@pytest.mark.parametrize("how", ["option", "environment", "no_log", "short"])
def test_nothing_is_seen_where_it_is_not_wanted(
    entra: Emulator, tmp_path: Path, slow: list[dict[str, str]], how: str
) -> None:
    options: dict[str, Any] = {"users": slow}
    environment = {"HYBRID_IDENTITY_PROGRESS_INTERVAL": "0"} if how == "environment" else {}
    if how == "option":
        options["progress_interval"] = 0
    if how == "short":
        entra.settings(throttle={"enabled": False})
        environment = {"HYBRID_IDENTITY_PROGRESS_INTERVAL": "3600"}
    until = [] if how == "short" else waits(entra)
    done = play(entra, tmp_path, task={"options": options, "no_log": how == "no_log"}, until=until, **environment)
    assert "writing" not in done.stdout + done.stderr
    assert "done," not in done.stderr


def test_machines_that_read_standard_output_are_not_disturbed(
    entra: Emulator, tmp_path: Path, slow: list[dict[str, str]]
) -> None:
    plugin = tmp_path / "plugins" / "as_json.py"
    plugin.parent.mkdir()
    plugin.write_text(CALLBACK, encoding="utf-8")
    names = {"ANSIBLE_CALLBACK_PLUGINS": str(plugin.parent), "ANSIBLE_STDOUT_CALLBACK": "as_json"}
    until: list[Until] = [lambda errors: bool(lines(errors)), lambda errors: AND_80 in errors]
    done = play(entra, tmp_path, task={"options": {"users": slow}}, until=until, **names)
    assert json.loads(done.stdout)["Match"]["summary"]["set"] == 100
    assert lines(done.stderr)


CALLBACK = """
import json

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = "name: as_json\\ntype: stdout\\nshort_description: JSON\\ndescription: JSON\\noptions: {}"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "as_json"

    def __init__(self):
        super().__init__()
        self.found = {}

    def v2_runner_on_ok(self, result):
        self.found[result._task.get_name()] = json.loads(self._dump_results(result._result))

    def v2_playbook_on_stats(self, stats):
        self._display.display(json.dumps(self.found))
"""


def test_the_choice_of_a_look_up_is_told_at_verbosity_1(
    entra: Emulator, tmp_path: Path, slow: list[dict[str, str]]
) -> None:
    done = play(entra, tmp_path, "-v", "--check", task={"options": {"users": slow}})
    assert re.search(
        r"^\[tenant\] Match: 100 users were looked up by listing all users: 1 page of \d+ users, against 1 batch",
        done.stdout + done.stderr,
        re.MULTILINE,
    ), done.stdout


def test_a_listing_that_starts_again_is_told_at_verbosity_1(entra: Emulator, tmp_path: Path) -> None:
    names = [f"user{number:04}@contoso.com" for number in range(1100)]
    entra.control("POST", "users", [{"userPrincipalName": name, "displayName": name} for name in names])
    expired = {"path": "^/users$", "query": "skiptoken", "status": 400, "code": "Directory_ExpiredPageToken"}
    entra.settings(faults=[expired])
    users = [
        {"user_principal_name": name, "object_guid": str(uuid.uuid5(uuid.NAMESPACE_OID, name))} for name in names[:400]
    ]
    that = ["done.lookup.method == 'listing'", "done.summary.set == 400"]
    done = play(entra, tmp_path, "-v", "--check", task={"options": {"users": users}, "that": that})
    sentence = "The list of users was read again from the start, because Graph's page token had expired."
    assert f"[tenant] Match: {sentence}" in (done.stdout + done.stderr).splitlines()


def test_loops_check_mode_background_and_failures_stay_as_they_are(
    entra: Emulator, tmp_path: Path, slow: list[dict[str, str]]
) -> None:
    user = {"user": "{{ item.user_principal_name }}", "object_guid": "{{ item.object_guid }}"}
    that = ["done.results | length == 3", "done.results | map(attribute='changed') is all"]
    play(entra, tmp_path, task={"options": user, "loop": slow[:3], "that": that})
    that = ["done is changed", "done.summary.set == 97", "done.summary.unchanged == 3"]
    play(entra, tmp_path, "--check", task={"options": {"users": slow}, "that": that})
    that = ["done is changed", "done.summary.total == 5"]
    done = play(entra, tmp_path, task={"options": {"users": slow[3:8]}, "async": 3600, "poll": 1, "that": that})
    assert not lines(done.stderr)
    wrong = {"options": {"user": "nobody.here@contoso.com", "state": "absent"}, "ignore_errors": True}
    nobody = "'There is no active cloud user' in done.msg"
    that = ["done is failed", nobody, "done.waited_seconds == 0", "not done.changed"]
    play(entra, tmp_path, task={**wrong, "that": that})
