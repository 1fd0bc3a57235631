#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_sync_info
short_description: Prove that a synchronisation matched Entra ID users to the right AD accounts
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Reads users from Entra ID after a cycle of Entra Connect. For each user, it says whether the user is matched to the right AD account,
    and if not, why.
  - A cycle without errors is not a proof. If another object has a user principal name or an address, Entra ID puts the value into
    quarantine, reports no error to the sync client, and might create a second user.
  - A user is V(verified) if it is the same object as before, is synchronised, has its ImmutableId, was synchronised in the cycle, has no
    values in quarantine, and no second user was created.
  - It checks the users of a result file of M(hybrid.identity.match_apply), of records, or of a list of names.
  - It changes nothing, and does not fail because of single users. If users are not proven to be matched, RV(verdict) says which users and
    why.
extends_documentation_fragment:
  - hybrid.identity.graph
  - hybrid.identity.attributes
  - hybrid.identity.attributes.entra
attributes:
  check_mode:
    support: full
    details: >-
      With O(result_file), nothing is read, proven or written in check mode, because M(hybrid.identity.match_apply) wrote no result.
      RV(table) says so. With O(users) and O(identities), the module works as without check mode.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  result_file:
    description:
      - The path of a result file of M(hybrid.identity.match_apply). The module proves users who were matched, in this run or before. Users
        who were refused, excluded or not found are skipped.
      - The result must be of this tenant.
      - By default, the result that M(hybrid.identity.match_apply) wrote for the same host in this run of C(ansible-playbook).
      - Only one of O(result_file), O(users) and O(identities) may be set.
    type: path
  save_to:
    description:
      - The path of the proof file on the controller, if there is a O(result_file). An existing file is replaced.
      - The file contains the users of the result, each with the findings as C(sync).
      - By default, the file is in the temporary folder of C(ansible-playbook), which is removed when the run ends.
    type: path
  run_folder:
    description:
      - The folder of runs on the controller. With this option, the verdict also names users whose ImmutableIds earlier runs of this host
        wrote, if they have been neither proven nor cleared since. C(docs/undo.md) describes the comparison.
      - It cannot be used with O(users) or O(identities).
    type: path
  users:
    description:
      - Records of users, each a dictionary. You can pass the C(users) that M(hybrid.identity.entra_immutable_id) returns. This is the best
        input, because it has the object id and the ImmutableId of each user.
      - The keys that identify the user are C(user_principal_name) and C(id), the object id of the cloud user. One of them is enough.
      - The keys for the proof are C(immutable_id) or C(object_guid), C(object_sid), and C(mail) or C(proxy_addresses), which are used to
        find a second user.
      - C(status), C(before) and C(after) are those of M(hybrid.identity.entra_immutable_id).
      - An entry can also be only a user principal name or an object id. It is then treated like an entry of O(identities).
      - The keys must have exactly this spelling. Rename the columns of a CSV file as in the example.
      - Users who were not hard-matched according to their C(status) are V(skipped). Records are also V(skipped) if their C(id) is not a
        GUID, or if they have no C(id) and a C(user_principal_name) that no cloud user can have.
      - A record with an ImmutableId or a GUID also needs C(object_sid), which M(hybrid.identity.ad_user_guid) returns. The user must be
        matched to the AD account with this SID, because any account could have the same ImmutableId.
      - Other keys are returned unchanged in the result.
    type: list
    elements: raw
  identities:
    description:
      - User principal names or object ids. A value with an C(@) is a user principal name, a GUID an object id. With this option, the module
        does not know the right AD account of a user, so it cannot detect that a user was matched to the wrong AD account.
    type: list
    elements: str
  since:
    description:
      - The UTC time at which the cycle began, such as RV(hybrid.identity.adsync_cycle#module:started). Users whose last synchronisation was
        earlier are V(pending).
      - It does not apply to users whose record, or change in the result file, has the C(status) V(unchanged). A cycle exports only changes,
        so these users may have been matched long ago. It also does not apply to users whom an earlier proof of the same run in O(save_to)
        found V(verified).
    type: str
  export_errors:
    description:
      - The export errors of the Entra Connect server, such as RV(hybrid.identity.adsync_cycle#module:export_errors). Each has
        C(immutable_id), C(code), C(message) and C(advice). Errors without C(immutable_id) are ignored.
      - Entra ID does not show these errors. With this option, a user with such an error is V(export_error), and the module does not wait
        for the user. Without it, the user is V(pending).
    type: list
    elements: dict
    default: []
  wait_timeout:
    description:
      - Seconds to wait for users who are V(pending). With V(0), Entra ID is read once.
      - Only the pending users are read again.
    type: int
    default: 0
  poll_interval:
    description:
      - Seconds between two reads.
    type: int
    default: 10
notes:
  - The app needs the application permission C(User.Read.All) or C(User.ReadWrite.All).
  - Entra ID checks every hour whether conflicts are resolved. If a value of a user is in quarantine and no other user has it any more, the
    user is V(pending) with the cause V(quarantine_timer). RV(verdict) and RV(wait_until) say after which time to prove the users again.
seealso:
  - module: hybrid.identity.match_apply
  - module: hybrid.identity.entra_immutable_id
  - name: Duplicate attribute resiliency
    description: Why a cycle without errors is not a proof.
    link: https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-syncservice-duplicate-attribute-resiliency
"""

EXAMPLES = r"""
- name: Apply a plan
  hybrid.identity.match_apply:
    plan_sha256: "{{ plan.plan_sha256 }}"
    journal: /var/lib/hybrid-identity/journal.jsonl

- name: Run a cycle
  hybrid.identity.adsync_cycle:
  delegate_to: connect1.ad.contoso.com
  register: cycle

- name: Wait up to five minutes until Entra ID shows that all users are matched
  hybrid.identity.entra_sync_info:
    since: "{{ cycle.started }}"
    export_errors: "{{ cycle.export_errors }}"
    wait_timeout: 300
    save_to: /var/lib/hybrid-identity/proof.jsonl
  register: proof

- name: Show the proof
  ansible.builtin.debug:
    var: proof.table

- name: Stop if a user is not proven to be matched
  ansible.builtin.assert:
    that: not proof.verdict
    fail_msg: "{{ proof.verdict }}"

# users.csv has the columns UserPrincipalName, ObjectGUID and ObjectSID.
- name: Read a CSV file
  community.general.read_csv:
    path: users.csv
  delegate_to: localhost
  register: csv

- name: Check the users of the CSV file
  hybrid.identity.entra_sync_info:
    users: "{{ csv.list | community.general.replace_keys(target=names) }}"
  vars:
    names:
      - {before: UserPrincipalName, after: user_principal_name}
      - {before: ObjectGUID, after: object_guid}
      - {before: ObjectSID, after: object_sid}

- name: Check two users, no matter who matched them and when
  hybrid.identity.entra_sync_info:
    identities:
      - adele.vance@contoso.com
      - alex.wilber@contoso.com
  register: synchronised
"""

RETURN = r"""
open:
  description:
    - Number of users who are not proven yet. They are neither V(verified) nor V(skipped).
    - Null in check mode with O(result_file), because it is unknown.
  returned: success
  type: int
  sample: 1
verdict:
  description:
    - Which users are not proven to be matched, and why, in one sentence, and which users of earlier runs are neither proven nor cleared.
      Empty if there are no such users, and in check mode with O(result_file).
  returned: success
  type: str
  sample: ""
wait_until:
  description:
    - The UTC time after which Entra ID has checked whether conflicts are resolved, which it does every hour. Prove the users again after
      this time.
    - Null if no user waits for this check.
  returned: success
  type: str
  sample: "2026-11-29T11:15:00Z"
table:
  description: The proof as lines of text. Counts come first, then the users who need attention.
  returned: success
  type: list
  elements: str
  sample: ["verified in Entra ID             40"]
earlier:
  description: Number of users of earlier runs who are neither proven nor cleared. 0 without O(run_folder).
  returned: with O(result_file), unless in check mode
  type: int
  sample: 0
proof_file:
  description: The path of the proof file.
  returned: when one was written
  type: str
  sample: /var/lib/hybrid-identity/20261129T101500Z-localhost-3f2a1b/proof.jsonl
users:
  description: One entry for each record or identity, in the given order. It contains the keys of the record and the findings.
  returned: success, with O(users) and O(identities)
  type: list
  elements: dict
  contains:
    id:
      description: The object id of the cloud user.
      returned: always
      type: str
      sample: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
    user_principal_name:
      description: The user principal name, as the record has it or else as Entra ID has it.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    status:
      description:
        - V(verified), or V(pending) if Entra ID does not show the result of the cycle yet.
        - V(wrong_object) if another user has the ImmutableId or the name. V(different_immutable_id) if the user has another ImmutableId.
          V(provisioning_error) if a value of the user is in quarantine because another user has it. V(second_user) if a sync created a
          second user. V(export_error) if Entra ID refused the export. V(not_found) if there is no such active user. V(not_matched) if the
          user has no ImmutableId and is not synchronised.
        - V(unknown) if the app lacks the permission to read the result. V(skipped) if the record says that the user was not hard-matched.
      returned: always
      type: str
      sample: verified
    before:
      description: The ImmutableId of the user.
      returned: always
      type: str
      sample: 3jFgh7G/i0+csBxnpglNPg==
    after:
      description: The same value, because nothing is changed.
      returned: always
      type: str
      sample: 3jFgh7G/i0+csBxnpglNPg==
    changed:
      description: Always V(false).
      returned: always
      type: bool
      sample: false
    cause:
      description:
        - A stable identifier of the reason why the user is not verified, else null.
        - V(not_synchronised), V(not_in_this_cycle), V(quarantine_timer), V(write_not_visible) for V(pending) users.
        - V(other_ad_account), V(no_object_sid), V(no_security_identifier), V(value_on_other_object), V(name_on_other_object),
          V(different_immutable_id), V(value_conflict), V(second_user),
          V(export_error), V(no_cloud_user), V(no_immutable_id), V(unreadable), V(not_hard_matched).
      returned: always
      type: str
      sample: null
    reason:
      description: The reason as a sentence that says what to do next, else null.
      returned: always
      type: str
      sample: null
    sync_enabled:
      description: V(true) for a synchronised user, V(false) for a user who is no longer synchronised, null for a cloud user.
      returned: always
      type: bool
      sample: true
    security_identifier:
      description: C(onPremisesSecurityIdentifier), the SID of the AD account that is matched to the user.
      returned: always
      type: str
      sample: S-1-5-21-1004336348-1177238915-682003330-1104
    last_sync:
      description: When the user was last synchronised, in UTC.
      returned: always
      type: str
      sample: "2026-11-24T06:20:41Z"
    provisioning_errors:
      description: The values of the user that are in quarantine.
      returned: always
      type: list
      elements: dict
      contains:
        property:
          description: C(UserPrincipalName) or C(ProxyAddress).
          returned: always
          type: str
          sample: ProxyAddress
        value:
          description: The value.
          returned: always
          type: str
          sample: SMTP:adele.vance@contoso.com
        occurred:
          description: The UTC time since when the value is in quarantine.
          returned: always
          type: str
          sample: "2026-11-24T06:20:41Z"
      sample: []
    other:
      description: The user who causes the conflict, with C(id), C(user_principal_name) and C(created), else null.
      returned: always
      type: dict
      sample: null
summary:
  description: Number of users by status, including zeros, and in total.
  returned: success
  type: dict
  contains:
    verified:
      description: Users who are matched to the right AD account.
      returned: always
      type: int
      sample: 40
    pending:
      description: Users whose result Entra ID does not show yet.
      returned: always
      type: int
      sample: 1
    wrong_object:
      description: Users whose ImmutableId or name is on another user.
      returned: always
      type: int
      sample: 0
    different_immutable_id:
      description: Users with another ImmutableId.
      returned: always
      type: int
      sample: 0
    provisioning_error:
      description: Users with a value in quarantine that another user has.
      returned: always
      type: int
      sample: 0
    second_user:
      description: Users for whom the sync created a second user.
      returned: always
      type: int
      sample: 0
    export_error:
      description: Users whose export was refused.
      returned: always
      type: int
      sample: 0
    not_found:
      description: Users who do not exist.
      returned: always
      type: int
      sample: 0
    not_matched:
      description: Users without ImmutableId who are not synchronised.
      returned: always
      type: int
      sample: 0
    unknown:
      description: Users whose result the app may not read.
      returned: always
      type: int
      sample: 0
    skipped:
      description: Users who were not hard-matched.
      returned: always
      type: int
      sample: 3
    total:
      description: All users.
      returned: always
      type: int
      sample: 44
trace:
  description:
    - The origin of an unexpected exception, one frame per line, without its text and without values.
    - Report it. The other values show what the module did before the exception.
  returned: if an unexpected exception occurred
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
cause:
  description: A stable identifier of the reason why Graph, or the sign-in, failed.
  returned: if Graph or the sign-in failed as a whole
  type: str
  sample: access_denied
status_code:
  description: The HTTP status of the answer that caused the failure.
  returned: if Graph failed as a whole and answered
  type: int
  sample: 403
error_code:
  description: The error code of Microsoft.
  returned: if Graph or the sign-in failed as a whole and sent one
  type: str
  sample: Authorization_RequestDenied
request_id:
  description: The id of the failed request, for Microsoft's support.
  returned: if Graph or the sign-in failed as a whole and sent one
  type: str
  sample: 5c0e7d4a-6d1f-4d1c-8a54-5a3a1f6c2b10
notes:
  description: Sentences about the task, such as a list that was read again from the start. They are also shown at verbosity 1.
  returned: if there is one
  type: list
  elements: str
  sample: []
waited_seconds:
  description:
    - How long requests waited because the service asked for it, or to prevent this. Each second counts once, even if several requests
      waited.
  returned: always
  type: float
  sample: 0.0
lookup:
  description:
    - How the users were looked up in Entra ID, and the numbers that decided this. It is also shown in a line at verbosity 1.
  returned: if Entra ID was read
  type: dict
  contains:
    method:
      description: V(listing) if all users of the tenant were read, page by page, or V(filters) if only the requested users were read.
      returned: always
      type: str
      sample: listing
    identities:
      description: Number of requested users.
      returned: always
      type: int
      sample: 10000
    tenant_users:
      description: Users of the tenant. Null if so few users were requested that it was not counted.
      returned: always
      type: int
      sample: 10050
    listing_requests:
      description: Requests that a listing needs. Null if it was not counted.
      returned: always
      type: int
      sample: 11
    filter_requests:
      description: Requests that filters need.
      returned: always
      type: int
      sample: 67
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_sync_info import Question
from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_sync_info import run as find_states
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.given.users import read_users
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    read_identity,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.outcomes import VERIFIED
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    PROOF,
    RESULT,
    Header,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.user_records import (
    ProofRecord,
    UserRecord,
    read_user,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.earlier_runs import (
    Written,
    describe_unproven,
    find_unproven,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.expectations import (
    Expectation,
    expect_result,
    read_expectations,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.findings import Finding
from ansible_collections.hybrid.identity.plugins.module_utils._identity.sync_proof.overview import (
    describe_check_mode,
    describe_findings,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import connection, graph_options
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.records_module import RecordsModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import (
    RunFile,
    check_run_file,
    continue_header,
    current_time,
    read_run_file,
    write_run_file,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_folder import read_earlier_runs


class Proof:
    """One run of the module."""

    def __init__(self, params: dict[str, Any], watch: Watch) -> None:
        self._params = params
        self._watch = watch

    def of_records(self) -> dict[str, Any]:
        """Return the result for the users of the task."""
        records = self._records()
        findings = self._find(read_expectations(records))
        users = [finding.result(record) for finding, record in zip(findings, records, strict=True)]
        return {"changed": False, "users": users, **describe_findings(findings, current_time())}

    def of_result_file(self) -> dict[str, Any]:
        """Return the result for the users of a result file, and write the proof file if one is named."""
        path = self._params["save_to"]
        result = read_run_file("result_file", self._params["result_file"], (RESULT,))
        if path:
            check_run_file("save_to", path, {"result_file": result.path})
        expectations = expect_result(_users(result), _read_proven(path, result))
        asked = [each for each in expectations if each]
        findings = self._find(asked, str(result.header["tenant"]))
        overview = describe_findings(findings, current_time(), path or "the table")
        unproven = self._find_earlier(result, findings)
        overview["earlier"] = len(unproven)
        overview["verdict"] = " ".join(filter(None, (overview["verdict"], describe_unproven(unproven))))
        if not path:
            return {"changed": False, **overview}
        found = iter(findings)
        by_user = [next(found) if each else None for each in expectations]
        write_run_file("save_to", path, self._header(result, overview), _proven(result, by_user))
        return {"changed": False, "proof_file": path, **overview}

    def _find_earlier(self, result: RunFile, findings: Sequence[Finding]) -> list[Written]:
        folder = self._params["run_folder"]
        if folder is None:
            return []
        runs = read_earlier_runs(folder, result.header["run"])
        return find_unproven(runs, str(result.header["tenant"]), findings)

    def _records(self) -> list[dict[str, Any]]:
        if self._params["users"] is not None:
            return read_users(self._params["users"])
        return [{identity.kind: identity.text} for identity in map(read_identity, self._params["identities"])]

    def _find(self, expectations: Sequence[Expectation], tenant: str | None = None) -> list[Finding]:
        params = self._params
        question = Question(
            expectations,
            since=params["since"],
            wait=params["wait_timeout"],
            interval=params["poll_interval"],
            export_errors=params["export_errors"],
            tenant=tenant,
        )
        return find_states(connection(params, graph_options()), question, self._watch)

    def _header(self, result: RunFile, overview: dict[str, Any]) -> Header:
        facts = {"summary": overview["summary"], "verdict": overview["verdict"], "since": self._params["since"]}
        return continue_header(result.header, PROOF, "entra_sync_info", self._params, facts)


def _read_proven(path: str | None, result: RunFile) -> set[str]:
    """Return the objectGUIDs of the users whom an earlier proof of the run found matched; it is about to be replaced."""
    if not path or not os.path.exists(path):
        return set()
    try:
        proof = read_run_file("save_to", path, (PROOF,))
        if any(proof.header[key] != result.header[key] for key in ("run", "tenant", "domain")):
            return set()
        records = [record for record in proof.records() if record["sync"] and record["sync"]["status"] == VERIFIED]
        return {record["ad"]["object_guid"] for record in records if record["ad"]}
    except (InputError, KeyError, TypeError):
        # Of a damaged proof, nothing is known.
        return set()


def _users(result: RunFile) -> Iterator[UserRecord]:
    return map(read_user, result.records())  # the file is ours


def _proven(result: RunFile, findings: Sequence[Finding | None]) -> Iterator[ProofRecord]:
    """Return the users of a result with what was found of them."""
    for user, finding in zip(_users(result), findings, strict=True):
        yield ProofRecord(**user, sync=finding.sync() if finding else None)


def main() -> None:
    module = RecordsModule(
        argument_spec={
            **graph_options(),
            "result_file": {"type": "path"},
            "users": {"type": "list", "elements": "raw"},
            "identities": {"type": "list", "elements": "str"},
            "save_to": {"type": "path"},
            "run_folder": {"type": "path"},
            "since": {"type": "str"},
            "export_errors": {"type": "list", "elements": "dict", "default": []},
            "wait_timeout": {"type": "int", "default": 0},
            "poll_interval": {"type": "int", "default": 10},
        },
        mutually_exclusive=[
            ("result_file", "users", "identities"),
            ("save_to", "users", "identities"),
            ("run_folder", "users", "identities"),
        ],
        required_one_of=[("result_file", "users", "identities")],
        supports_check_mode=True,
        # People's records do not belong in the system's log, into which Ansible writes all arguments:
        # tests/upstream/test_ansible_core.py::test_records_go_to_the_system_log
        no_log=True,
    )
    watch = Watch(progress_report())
    proof = Proof(module.params, watch)
    if module.params["result_file"] is None:
        service = proof.of_records
    elif module.check_mode:
        service = describe_check_mode
    else:
        service = proof.of_result_file
    run(module, GRAPH, service, watch.facts)


if __name__ == "__main__":
    main()
