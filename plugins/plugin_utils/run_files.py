# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that pass from task to task, and where they are if a task names none.

A later task or role of the same ansible-playbook finds the file of the same host there. Only names are made here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLAN = "hard_match-plan.jsonl"
RESULT = "hard_match-result.jsonl"
PROOF = "proof.jsonl"
ACCOUNTS_USERS = "accounts-users.jsonl"
ACCOUNTS_PLAN = "accounts-plan.jsonl"
ACCOUNTS_RESULT = "accounts-result.jsonl"
_LONGEST_NAME = 40


@dataclass(frozen=True)
class RunFiles:
    """The options of a module that name files of the run, each with its file's name.

    ``instead`` are the options that take users themselves: given one of them, the module needs no file. ``folders`` are
    options that name a folder of the controller, without a default.
    """

    names: Mapping[str, str]
    instead: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


MODULES = {
    "match_plan": RunFiles({"plan_file": PLAN}),
    "match_apply": RunFiles({"plan_file": PLAN, "result_file": RESULT}),
    "match_report": RunFiles({"file": PLAN}),
    "rollback": RunFiles({}, folders=("run_folder",)),
    "preconditions_info": RunFiles({}, folders=("run_folder",)),
    "entra_user_info": RunFiles({"save_to": ACCOUNTS_USERS}, instead=("identities",)),
    "ad_user": RunFiles(
        {"users_file": ACCOUNTS_USERS, "plan_file": ACCOUNTS_PLAN, "result_file": ACCOUNTS_RESULT},
        instead=("users",),
    ),
    "entra_sync_info": RunFiles(
        {"result_file": RESULT, "save_to": PROOF}, instead=("users", "identities"), folders=("run_folder",)
    ),
}
_NONE = RunFiles({})


def default_files(module: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the file options that a task's arguments leave out, each with its file's name."""
    files = MODULES.get(module, _NONE)
    if any(given.get(option) is not None for option in files.instead):
        return {}
    return {option: name for option, name in files.names.items() if given.get(option) is None}


def uses_files(module: str, given: Mapping[str, Any]) -> bool:
    """Return whether a task's arguments name files of a run, or the folder of runs."""
    files = MODULES.get(module, _NONE)
    return any(given.get(option) is not None for option in (*files.names, *files.folders))


def host_folder(host: str) -> str:
    """Return the name of an inventory host's folder: letters, digits and dashes, and no two hosts have the same."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", host)[:_LONGEST_NAME].strip("-")
    unique = hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{readable}-{unique}" if readable else unique
