#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: match_apply
short_description: Apply a plan of match_plan to Active Directory and Entra ID
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Reads the users that a plan changes again, in both directories, and checks them again. If the plan for a user would be different now,
    the user is refused (V(changed_since)). The other users are written.
  - For each user, C(mS-DS-ConsistencyGuid) in Active Directory is written first. If this fails, nothing is written for this user in Entra
    ID.
  - After the last write, the module searches the domain for other objects that hold one of the written anchors. If it finds such an object,
    it clears the ImmutableId of that user again.
  - The module does not fail because of single users. If planned users were not changed, RV(verdict) says which users and why.
  - You can also apply a plan that changes nothing. The result file then contains all users of the plan.
extends_documentation_fragment:
  - hybrid.identity.ldap
  - hybrid.identity.graph
  - hybrid.identity.run_file
  - hybrid.identity.attributes
  - hybrid.identity.attributes.both
attributes:
  check_mode:
    support: full
    details: The module reads and checks everything, but writes nothing, not even the result file.
  diff_mode:
    support: full
    details: The diff shows the first 50 users, and the number of further users and their file.
  idempotent:
    support: full
options:
  plan_file:
    description:
      - The path of the plan, as M(hybrid.identity.match_plan) returns it.
      - By default, the plan that M(hybrid.identity.match_plan) made for the same host in this run of C(ansible-playbook).
    type: path
  plan_sha256:
    description: The SHA-256 hash of the plan, as M(hybrid.identity.match_plan) returned it in the same run.
    type: str
    required: true
  result_file:
    description:
      - The path of the result file on the controller. An existing file is replaced.
      - By default, the file is in the temporary folder of C(ansible-playbook), which is removed when the run ends.
    type: path
  journal:
    description:
      - The path of a file on the controller that records every change before it is made. You need it to roll the run back.
      - Required, unless the plan changes no users or the task runs in check mode.
    type: path
notes:
  - The app needs the application permission C(User.ReadWrite.All), in addition to the permissions for M(hybrid.identity.match_plan). To
    restore or purge deleted users, it also needs C(User.DeleteRestore.All).
seealso:
  - module: hybrid.identity.match_plan
  - module: hybrid.identity.entra_sync_info
"""

EXAMPLES = r"""
# Set the connection options once: in module_defaults for group/hybrid.identity.ad and group/hybrid.identity.entra, or in the
# environment.
- name: Apply the plan that match_plan made before
  hybrid.identity.match_apply:
    plan_file: "{{ plan.plan_file }}"
    plan_sha256: "{{ plan.plan_sha256 }}"
    journal: /var/lib/hybrid-identity/journal.jsonl
  register: result

- name: Show what happened to each user
  ansible.builtin.debug:
    var: result.table

- name: Stop if planned users were not changed
  ansible.builtin.assert:
    that: not result.verdict
    fail_msg: "{{ result.verdict }}"
"""

RETURN = r"""
result_file:
  description: The path of the result file.
  returned: success, unless in check mode
  type: str
  sample: /var/lib/hybrid-identity/20261129T101500Z-localhost-3f2a1b/hard_match-result.jsonl
result_sha256:
  description: The SHA-256 hash of the result file, in hexadecimal digits.
  returned: success, unless in check mode
  type: str
  sample: 9f2c1d6b0e8a4f7790c3b1a5d2e6f4870a1b2c3d4e5f60718293a4b5c6d7e8f9
verdict:
  description: Which planned users were not changed, and why, in one sentence. Empty if all were changed.
  returned: success, or if only the result file cannot be written
  type: str
  sample: ""
table:
  description: What happened to the users, as lines of text. Counts come first, then the users who need attention.
  returned: success, or if only the result file cannot be written
  type: list
  elements: str
  sample: ["matched (ImmutableId set)        40"]
summary:
  description: Number of users by status, and their C(total).
  returned: success, or if only the result file cannot be written
  type: dict
  sample: {set: 40, total: 40}
run:
  description: The name of the run.
  returned: success, or if only the result file cannot be written
  type: str
  sample: 20261129T101500Z-3f2a1b
journal_run:
  description: The name of the run in the journal.
  returned: if the journal has changes of this run
  type: str
  sample: 20261129T101500Z-3f2a1b
trace:
  description:
    - The origin of an unexpected exception, one frame per line, without its text and without values.
    - Report it. The result file shows what was written before the exception.
  returned: if an unexpected exception occurred
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import (
    IdentityError,
    InputError,
    telling,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    PLAN,
    RESULT,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.user_records import (
    ChangeRecord,
    UserRecord,
    read_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    connection,
    graph_options,
    ldap_options,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH, LDAP3
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile, journaled
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import (
    RunFile,
    check_run_file,
    continue_header,
    read_run_file,
    write_run_file,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.apply_match import MatchApplication
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_table import ShownResult
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_task import NOW, read_task
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.planned_users import (
    Place,
    Planned,
    describe_outcome,
    list_planned,
)


class Application:
    """One run of the module."""

    def __init__(self, module: AnsibleModule, watch: Watch) -> None:
        self._params = module.params
        self._check_mode = module.check_mode
        self._watch = watch

    def apply(self) -> dict[str, Any]:
        """Apply the plan, write the result file, and return the module's result."""
        params = self._params
        plan = read_run_file("plan_file", self._path("plan_file"), (PLAN,), params["plan_sha256"])
        facts, terms = plan.header["facts"], plan.header["terms"]
        if facts["verdict"]:
            raise InputError(f"The plan cannot be applied: {facts['verdict']}")
        if terms["predict"] == NOW:
            raise InputError(
                "The plan was made with predict=now and changes nothing. Make a plan with predict=after_apply."
            )
        planned = list_planned(_users(plan))
        if planned and not params["journal"] and not self._check_mode:
            raise InputError(
                "The plan changes users, but journal is not set. Set journal, so that you can undo the changes."
            )
        if not self._check_mode:
            others = {option: params[option] for option in ("plan_file", "journal")}
            check_run_file("result_file", self._path("result_file"), others)
        place = Place(str(plan.header["tenant"]), str(plan.header["domain"]), int(facts["tenant_users"]))
        pairs = {each.guid: each.cloud_id for each in planned}
        application = MatchApplication(read_task(plan.header["scope"], terms, pairs), planned, place)
        journal = {
            **params,
            "journal_run": params["run"] or plan.header["run"],
            "note": plan.header["origin"]["note"],
        }
        try:
            result = journaled(
                journal, lambda writer: self._write(application, bool(planned), writer), check_mode=self._check_mode
            )
        except BaseException as error:
            if application.started:
                self._save_after(error, plan, planned, application)
            raise
        outcomes = application.outcomes()
        verdict = describe_outcome(planned, outcomes, application.unproven)
        # Once for people and once for the file: as records, all users of a large plan would take most of the memory.
        shown = ShownResult(_finished(plan, outcomes))
        answer = {
            **result,
            "changed": any(change["writes"] for change in outcomes.values()),
            "verdict": verdict,
            "table": shown.table,
            "summary": shown.summary,
            "run": journal["journal_run"],
            "warnings": application.warnings,
        }
        if self._check_mode:
            return {**answer, "diff": shown.diff(plan.path)}
        path = self._path("result_file")
        try:
            sha256 = self._save(plan, verdict, _finished(plan, outcomes))
        except IdentityError as error:
            error.details.update(answer)
            raise
        return {**answer, "result_file": path, "result_sha256": sha256, "diff": shown.diff(path)}

    def _write(self, application: MatchApplication, changes: bool, writer: JournalFile | None) -> dict[str, Any]:
        if changes:
            params = self._params
            ldap, graph = connection(params, ldap_options()), connection(params, graph_options())
            with telling():
                application.run(ldap, graph, writer, self._watch, self._check_mode)
        return {}

    def _save_after(
        self, error: BaseException, plan: RunFile, planned: Sequence[Planned], application: MatchApplication
    ) -> None:
        """Save what was written until an error stopped the run. If that fails too, the error stays the first one."""
        try:
            outcomes = application.outcomes()
            verdict = describe_outcome(planned, outcomes, application.unproven)
            self._save(plan, verdict, _finished(plan, outcomes))
        except IdentityError as other:
            if isinstance(error, IdentityError):
                error.details["warnings"] = [*error.details.get("warnings", ()), other.message]

    def _save(self, plan: RunFile, verdict: str, users: Iterable[UserRecord]) -> str:
        facts = {**plan.header["facts"], "verdict": verdict}
        header = continue_header(plan.header, RESULT, "match_apply", self._params, facts)
        return write_run_file("result_file", self._path("result_file"), header, users)

    def _path(self, option: str) -> str:
        if not self._params[option]:
            raise InputError(f"{option} is empty. Set it to a file on the controller.")
        return str(self._params[option])


def _users(plan: RunFile) -> Iterator[UserRecord]:
    return map(read_user, plan.records())  # the file is ours, and its hash was compared


def _finished(plan: RunFile, outcomes: Mapping[str, ChangeRecord]) -> Iterator[UserRecord]:
    """Return the users of a plan with what happened to them."""
    for user in _users(plan):
        outcome = outcomes.get(user["ad"]["object_guid"] or "") if user["ad"] else None
        yield {**user, "change": outcome} if outcome else user


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ldap_options(),
            **graph_options(),
            "plan_file": {"type": "path"},
            "plan_sha256": {"type": "str", "required": True},
            "result_file": {"type": "path"},
            "journal": {"type": "path"},
            "run": {"type": "str"},
        },
        supports_check_mode=True,
    )
    watch = Watch(progress_report())
    application = Application(module, watch)
    run(module, (*GRAPH, LDAP3), application.apply, watch.facts)


if __name__ == "__main__":
    main()
