# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook itself runs the modules of the controller's side through their one action plugin.

A collection of small modules, which have this collection's routing, shows what a module gets from the plugin.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.hybrid.identity.plugins.plugin_utils.run_files import host_folder

RUNTIME = yaml.safe_load((Path(__file__).resolve().parents[3] / "meta" / "runtime.yml").read_text("utf-8"))
ROUTED = sorted(RUNTIME["plugin_routing"]["modules"])
FILES = ("plan_file", "result_file", "file", "save_to", "run_folder", "users_file")
MODULE = f"""
import os
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_host import run_host

options = {{**dict.fromkeys({FILES}, {{"type": "path"}}), "of_group": {{}}, "of_module": {{}}}}
options["users"] = {{"type": "list"}}
module = AnsibleModule(argument_spec=options, supports_check_mode=True)
files = {{name: module.params[name] for name in {FILES} if module.params[name]}}
module.exit_json(
    host=run_host(),
    progress="HYBRID_IDENTITY_PROGRESS_FILE" in os.environ,
    files=files,
    modes=sorted({{os.stat(os.path.dirname(path)).st_mode & 0o777 for path in files.values()}}),
    defaults=[module.params["of_group"], module.params["of_module"]],
)
"""
LOCAL = {"ansible_connection": "local"}
FAR = {"ansible_connection": "ssh"}

Tasks = dict[str, dict[str, Any]]
Results = dict[str, dict[str, Any]]
Play = Callable[..., list[Results]]


@pytest.fixture
def play(tmp_path: Path, built_modules: None) -> Play:
    """Run a play and return what its tasks returned, by name, for each host. A task may fail."""
    collection = tmp_path / "ansible_collections" / "test" / "small"
    modules = collection / "plugins" / "modules"
    modules.mkdir(parents=True)
    (collection / "meta").mkdir()
    routing = {name: {"action_plugin": "hybrid.identity.match_plan"} for name in ("match_plan", *ROUTED)}
    assert RUNTIME["plugin_routing"] == {"modules": {name: routing[name] for name in ROUTED}}
    runtime = {**RUNTIME, "plugin_routing": {"modules": routing}}
    (collection / "meta" / "runtime.yml").write_text(json.dumps(runtime), "utf-8")
    for name in routing:
        (modules / f"{name}.py").write_text(MODULE, "utf-8")
    paths = [str(tmp_path), os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "HYBRID_IDENTITY_"))},
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(filter(None, paths)),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "temporary"),
    }

    def run(hosts: dict[str, dict[str, Any]], tasks: Tasks, **keywords: Any) -> list[Results]:
        python = {"ansible_python_interpreter": sys.executable}
        inventory = {name: {**python, **own, "number": number} for number, (name, own) in enumerate(hosts.items())}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": inventory}}), "utf-8")
        found = "{{ {" + ", ".join(f"'{name}': {name}" for name in tasks) + "} | to_json }}"
        keep = {"content": found, "dest": f"{tmp_path}/found-{{{{ number }}}}.json"}
        kept = [
            *({**task, "register": name, "ignore_errors": True} for name, task in tasks.items()),
            {"ansible.builtin.copy": keep, "delegate_to": "localhost", "become": False, "check_mode": False},
        ]
        book = {"hosts": "all", "gather_facts": False, **keywords, "tasks": kept}
        (tmp_path / "play.yml").write_text(json.dumps([book]), "utf-8")
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.json", "play.yml"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads((tmp_path / f"found-{number}.json").read_text("utf-8")) for number in range(len(hosts))]

    return run


def sentences(results: Results, names: Sequence[str]) -> list[str]:
    assert all(results[name]["failed"] for name in names)
    return [results[name]["msg"] for name in names]


def test_tasks_of_one_host_get_the_same_files_and_those_of_others_their_own(play: Play, tmp_path: Path) -> None:
    # The second name would be a template.
    hosts = ("dc1.contoso.com", "{{ 20 + 3 }}")
    tasks: Tasks = {
        "plan": {"test.small.match_plan": {}},
        "later": {"test.small.match_apply": {}},
        "report": {"test.small.match_report": {}, "check_mode": True},
        "proof": {"test.small.entra_sync_info": {}},
        "named": {"test.small.match_plan": {"plan_file": str(tmp_path / "own")}},
        "users": {"test.small.entra_user_info": {}},
        "accounts": {"test.small.ad_user": {}, "check_mode": True},
        "few_accounts": {"test.small.ad_user": {"users": [1]}},
        "no_files": {"test.small.entra_immutable_id": {}},
    }
    for host, results in zip(hosts, play(dict.fromkeys(hosts, LOCAL), tasks), strict=True):
        assert {name: result["host"] for name, result in results.items()} == dict.fromkeys(tasks, host)
        assert all(result["progress"] for result in results.values())
        folder = Path(results["plan"]["files"]["plan_file"]).parent
        assert folder.name == host_folder(host)
        assert folder.is_relative_to(tmp_path / "temporary")
        plan, result, proof = (
            str(folder / f"{name}.jsonl") for name in ("hard_match-plan", "hard_match-result", "proof")
        )
        assert {name: results[name]["files"] for name in tasks} == {
            "plan": {"plan_file": plan},
            "later": {"plan_file": plan, "result_file": result},
            "report": {"file": plan},
            "proof": {"result_file": result, "save_to": proof},
            "named": {"plan_file": str(tmp_path / "own")},
            "users": {"save_to": f"{folder}/accounts-users.jsonl"},
            "accounts": {
                "users_file": f"{folder}/accounts-users.jsonl",
                "plan_file": f"{folder}/accounts-plan.jsonl",
                "result_file": f"{folder}/accounts-result.jsonl",
            },
            "few_accounts": {},
            "no_files": {},
        }
        assert results["plan"]["modes"] == [0o700]
        assert not folder.exists()


def test_files_need_a_task_on_the_controller_as_the_same_user(play: Play) -> None:
    modules: dict[str, dict[str, str]] = {
        **{name: {} for name in ("match_plan", "match_apply", "match_report", "entra_sync_info")},
        "rollback": {"run_folder": "/tmp/runs"},
        "preconditions_info": {"run_folder": "/tmp/runs"},
    }
    tasks: Tasks = {}
    for module, options in modules.items():
        task: dict[str, Any] = {f"test.small.{module}": options}
        tasks[f"there_{module}"] = task
        tasks[f"here_{module}"] = {**task, "delegate_to": "localhost"}
        tasks[f"other_{module}"] = {**task, "delegate_to": "localhost", "become": True}
    (results,) = play({"far.contoso.com": FAR}, tasks, vars={"ansible_python_interpreter": sys.executable})
    for module in modules:
        assert results[f"here_{module}"]["host"] == "far.contoso.com"
        assert sentences(results, (f"there_{module}", f"other_{module}")) == [
            f"{module} reads and writes files on the controller, but this task connects by ssh. Set connection: "
            "local. If a variable sets the host's ansible_connection, use delegate_to: localhost instead.",
            f"{module} reads and writes files of the user who runs ansible-playbook, but this task becomes another "
            "user. Set become: false, or ansible_become: false if that variable is set.",
        ]


def test_the_modules_run_through_the_plugin_by_either_name(play: Play) -> None:
    modules = ("entra_sync_info", "match_report")
    tasks: Tasks = {
        f"{way}_{module}": {f"{prefix}{module}": {}}
        for way, prefix in (("full", "hybrid.identity."), ("short", ""))
        for module in modules
    }
    hosts = {"far.contoso.com": FAR, "near.contoso.com": {**LOCAL, "ansible_become": True}}
    far, becoming = play(hosts, tasks, collections=["hybrid.identity"])
    for name in tasks:
        module = name.partition("_")[2]
        assert f"{module} reads and writes files on the controller" in far[name]["msg"]
        assert f"{module} reads and writes files of the user" in becoming[name]["msg"]


def test_defaults_apply_to_each_module_by_its_own_name(play: Play) -> None:
    defaults = {
        "group/test.small.entra": {"of_group": "group", "of_module": "group"},
        "test.small.entra_sync_info": {"of_module": "entra_sync_info"},
        "test.small.match_plan": {"of_module": "match_plan"},
    }
    modules = ("entra_immutable_id", "entra_sync_info", "match_plan", "match_report")
    tasks: Tasks = {
        f"{way}_{module}": {f"{prefix}{module}": {}}
        for way, prefix in (("full", "test.small."), ("short", ""))
        for module in modules
    }
    (results,) = play({"near": LOCAL}, tasks, collections=["test.small"], module_defaults=defaults)
    for way in ("full", "short"):
        assert {module: results[f"{way}_{module}"]["defaults"] for module in modules} == {
            "entra_immutable_id": ["group", "group"],
            "entra_sync_info": ["group", "entra_sync_info"],
            "match_plan": ["group", "match_plan"],
            "match_report": [None, None],
        }
