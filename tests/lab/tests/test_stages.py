# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The events of a playbook, from a real run with the callback plugin, and the lines that the demo makes of them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from lab import playbook
from lab.demo.stages import Chain, outcome
from lab.errors import LabError
from lab.steps import Steps

INVENTORY = "all: {hosts: {localhost: {ansible_connection: local}}}\n"
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Belongs to no stage
      ansible.builtin.command: {argv: [echo, Fenchurch]}
      changed_when: false
      tags: [upn_suffixes, sync]
    - name: Changes something
      ansible.builtin.command: {argv: ["true"]}
      tags: [upn_suffixes]
    - name: Is skipped
      ansible.builtin.command: {argv: ["false"]}
      when: false
      tags: [accounts]
    - name: May fail
      ansible.builtin.command: {argv: ["false"]}
      ignore_errors: true  # Ansible counts it as a change
      tags: [sync]
"""
FAILS = """
    - name: Does the work
      block:
        - name: Fails in a loop
          ansible.builtin.assert: {that: item < 2, fail_msg: "{{ item }} is too much", quiet: true}
          loop: [1, 2, 3]
          tags: [sync]
      always:
        - name: Fails while it tidies up
          ansible.builtin.fail: {msg: This is what follows}
          tags: [sync]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for a playbook, whose path holds spaces."""
    made = tmp_path / "with a space"
    made.mkdir()
    (made / "inventory.yml").write_text(INVENTORY)
    return made


def _run(folder: Path, text: str, **options: Any) -> list[playbook.Event]:
    (folder / "play.yml").write_text(text)
    return playbook.run(str(folder / "play.yml"), folder / "inventory.yml", folder / "log", **options)


def test_events_say_what_each_task_did_and_the_log_holds_the_output(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder / "home"))
    seen: list[playbook.Event] = []
    events = _run(folder, PLAY, on_event=seen.append)
    assert seen == events
    assert [(each["event"], each["stage"], each["task"], each.get("changed")) for each in events] == [
        ("result", "", "Belongs to no stage", False),
        ("result", "upn_suffixes", "Changes something", True),
        ("end", "", "", 2),
    ]
    assert "PLAY RECAP" in (folder / "log").read_text()
    # What Ansible keeps lies with the inventory, and not where the person lives.
    assert not (folder / "home").exists()


def test_a_failure_says_its_task_and_what_its_items_say(folder: Path) -> None:
    with pytest.raises(LabError) as refused:
        _run(folder, PLAY + FAILS)
    assert str(refused.value).splitlines() == [
        f"{folder}/play.yml failed at the task 'Fails in a loop':",
        "2 is too much",
        "3 is too much",
    ]


def test_a_playbook_that_cannot_be_read_shows_the_end_of_the_log(folder: Path) -> None:
    with pytest.raises(LabError, match=r"play.yml ended with [1-9]\d*\. Its last lines:(.|\n)*no_such_module"):
        _run(folder, "- hosts: localhost\n  gather_facts: false\n  tasks: [{no_such_module: {}}]\n")


def test_a_playbook_that_reported_no_end_is_not_taken_for_one_that_went_well(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("nothing\n")
    assert "reported no end" in playbook.why_failed("p", 0, [], tmp_path / "log")
    assert playbook.why_failed("p", 0, [{"event": "end"}], tmp_path / "log") == ""


def _event(stage: str, module: str = "", changed: bool = False, **returned: Any) -> playbook.Event:
    action = f"hybrid.identity.{module}" if module else "ansible.builtin.debug"
    return {"event": "result", "stage": stage, "task": "t", "action": action, "changed": changed, **returned}


CYCLE = "The delta cycle took 6.8 s and ran 6 run profiles, all with success."
PLANNED = _event("hard_match", "match_plan", summary={"changes": 40, "refused": 6, "total": 46})
MATCHED = _event("hard_match", "match_apply", True, summary={"set": 40, "unchanged": 0, "refused": 6, "total": 46})
CREATED = _event("accounts", "ad_user", True, summary={"created": 3, "updated": 0, "refused": 1, "total": 4})
PROVEN = _event("sync", "entra_sync_info", summary={"verified": 40, "skipped": 6, "total": 46})


@pytest.mark.parametrize(
    ("stage", "events", "expected"),
    [
        ("ad_domain", [_event("ad_domain")], "already there"),
        ("ad_domain", [_event("ad_domain", changed=True)], "created or changed"),
        ("upn_suffixes", [_event("upn_suffixes", "ad_upn_suffix", True, added=["a.com", "b.com"])], "2 added"),
        ("upn_suffixes", [_event("upn_suffixes", "ad_upn_suffix", added=[])], "already there"),
        ("accounts", [CREATED], "3 created, 1 refused"),
        ("accounts", [_event("accounts")], "nobody"),
        ("accounts", [CREATED, {"event": "failed"}], "failed"),
        ("hard_match", [PLANNED, MATCHED], "40 matched, 6 refused"),
        (
            "sync",
            [_event("sync", "adsync_cycle", True, msg=CYCLE), PROVEN],
            f"40 verified in Entra ID, 6 not hard-matched. {CYCLE}",
        ),
        ("sync", [PROVEN], "40 verified in Entra ID, 6 not hard-matched. No cycle was needed."),
        ("check", [PROVEN], "40 verified in Entra ID, 6 not hard-matched"),
        ("check", [_event("", "entra_sync_info", summary={"second_user": 1})], "1 second user"),
    ],
)
def test_what_a_stage_did(stage: str, events: list[playbook.Event], expected: str) -> None:
    assert outcome(stage, events) == expected


def test_a_line_begins_with_its_stage_and_ends_with_it() -> None:
    out = io.StringIO()
    ticks = iter([0.0, 61.4, 100.0, 102.0])
    chain = Chain(Steps(out, lambda: next(ticks)))
    chain.take(_event(""))
    assert out.getvalue() == ""
    chain.take(CREATED)
    assert out.getvalue() == "  accounts      "
    chain.take(_event("hard_match"))
    assert out.getvalue() == "  accounts      3 created, 1 refused (61 s)\n  hard match    "
    # Schedulers are put back in the name of the stage before; that is no new line.
    chain.take(_event("accounts"))
    chain.take(MATCHED)
    chain.take({"event": "end", "stage": "", "task": "", "changed": 2})
    assert out.getvalue().splitlines()[1:] == ["  hard match    40 matched, 6 refused (2 s)"]


def test_lines_are_written_at_once_where_nobody_looks_on(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with open(writer, "w") as out, open(reader, "rb", buffering=0) as seen:
        steps = Steps(out, lambda: 0.0)
        steps.begin("domain")
        assert seen.read(100) == b"  domain        "
        steps.end("already there")
        assert seen.read(100) == b"already there (0 s)\n"
