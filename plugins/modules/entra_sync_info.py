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
  - Reads users from Entra ID after a cycle of Entra Connect and says for each whether it is matched as it should be, and why
    not where it is not.
  - A cycle that ended well is no proof. Entra ID quarantines a user principal name or an address that somebody else has, tells
    the sync client nothing, and may make a second user.
  - A user is V(verified) when it is the same object as before, is synchronised, has its ImmutableId, was synchronised in the
    cycle in question, has nothing in quarantine, and no second user was made beside it.
  - It changes nothing.
extends_documentation_fragment:
  - hybrid.identity.graph
  - hybrid.identity.attributes
  - hybrid.identity.attributes.entra
attributes:
  check_mode:
    support: full
    details: It only reads, in check mode as well.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  users:
    description:
      - Records of users. What M(hybrid.identity.entra_immutable_id) returns as C(users) is taken as it is, and is the best to
        take, because it knows the object id and the ImmutableId of each user.
      - Users that were not hard-matched, by their C(status), are V(skipped), and so are records whose C(id) is no GUID, or which
        have none and a C(user_principal_name) that no cloud user can have.
      - A record with an ImmutableId or a GUID also needs C(object_sid), which M(hybrid.identity.ad_user_guid) returns. The user must be
        joined to the AD account with this SID, because any account could carry the same ImmutableId.
      - Keys that are not named here travel along into the result untouched.
      - Exactly one of O(users) and O(identities) is needed.
    type: list
    elements: dict
  identities:
    description:
      - User principal names or object ids. A value with an C(@) is a user principal name, a GUID an object id. With only these,
        nothing is known of what a user should be matched to, so a user
        who was matched to the wrong AD account is not found out.
    type: list
    elements: str
  since:
    description:
      - The UTC time at which the cycle began, such as RV(hybrid.identity.adsync_cycle#module:started). Users that were synchronised
        earlier only are V(pending).
      - It is not asked of users whose record has the C(status) V(unchanged); a cycle exports what has changed, and they may have
        been matched long ago.
    type: str
  export_errors:
    description:
      - What the Connect server could not export, such as RV(hybrid.identity.adsync_cycle#module:export_errors). Each has
        C(immutable_id), C(code), C(message) and C(advice); those without C(immutable_id) are passed over.
      - Entra ID knows nothing of such errors. Given them, a user who is stopped by one is V(export_error) and is not waited for;
        else it is V(pending).
    type: list
    elements: dict
    default: []
  wait_timeout:
    description:
      - Seconds to wait for users that are V(pending). With V(0), Entra ID is read once.
      - Only the pending users are read again.
    type: int
    default: 0
  poll_interval:
    description:
      - Seconds between two reads.
    type: int
    default: 10
  fail_on:
    description:
      - V(none) reports only.
      - V(errors) fails the task where a user is neither verified nor V(pending), V(unknown) or V(skipped).
      - V(unverified) fails it for V(pending) and V(unknown) users too.
    type: str
    choices: [none, errors, unverified]
    default: none
notes:
  - The app needs the application permission C(User.Read.All) or C(User.ReadWrite.All).
  - The service looks for resolved conflicts every hour. A value in quarantine that no other user has any more is V(pending) with
    the cause V(quarantine_timer).
seealso:
  - module: hybrid.identity.entra_immutable_id
  - name: Duplicate attribute resiliency
    description: Why a cycle that ended well is no proof.
    link: https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-syncservice-duplicate-attribute-resiliency
"""

EXAMPLES = r"""
- name: Set the ImmutableIds
  hybrid.identity.entra_immutable_id:
    users: "{{ ad.users }}"
  register: matched

- name: Run a cycle
  hybrid.identity.adsync_cycle:
  delegate_to: connect1.ad.contoso.com
  register: cycle

- name: Wait up to five minutes for Entra ID to show that everybody is matched, and fail otherwise
  hybrid.identity.entra_sync_info:
    users: "{{ matched.users }}"
    since: "{{ cycle.started }}"
    export_errors: "{{ cycle.export_errors }}"
    wait_timeout: 300
    fail_on: unverified

- name: Look at two users, whoever matched them and when
  hybrid.identity.entra_sync_info:
    identities:
      - adele.vance@contoso.com
      - alex.wilber@contoso.com
  register: synchronised
"""

RETURN = r"""
users:
  description: One entry for each record or identity, in the order given, each the record itself with what was found.
  returned: success, and failure because of O(fail_on)
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
        - V(verified), or V(pending) where Entra ID does not show yet what the cycle did, or is yet to do it.
        - V(wrong_object) where another user has the ImmutableId or the name. V(different_immutable_id) where the user has another
          one. V(provisioning_error) where a value of the user is in quarantine because another user has it. V(second_user) where there is
          a second user beside the user, which a sync made. V(export_error) where Entra ID refused the export. V(not_found) where
          there is no such active user. V(not_matched) where the user has no ImmutableId and is not synchronised.
        - V(unknown) where the app may not read enough. V(skipped) where the record says that the user was not hard-matched.
      returned: always
      type: str
      sample: verified
    before:
      description: The ImmutableId of the user.
      returned: always
      type: str
      sample: 3jFgh7G/i0+csBxnpglNPg==
    after:
      description: The same, as nothing is changed.
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
        - A stable identifier of why the user is not verified, else null.
        - V(not_synchronised), V(not_in_this_cycle), V(quarantine_timer), V(write_not_visible) for V(pending) users.
        - V(other_ad_account), V(no_object_sid), V(no_security_identifier), V(value_on_other_object), V(name_on_other_object),
          V(different_immutable_id), V(value_conflict), V(second_user),
          V(export_error), V(no_cloud_user), V(no_immutable_id), V(unreadable), V(not_hard_matched).
      returned: always
      type: str
      sample: null
    reason:
      description: The same as a sentence that says what to do next, else null.
      returned: always
      type: str
      sample: null
    sync_enabled:
      description: V(true), V(false) where the user was synchronised once, null for a cloud user.
      returned: always
      type: bool
      sample: true
    security_identifier:
      description: C(onPremisesSecurityIdentifier), the SID of the AD account that is joined to the user.
      returned: always
      type: str
      sample: S-1-5-21-1004336348-1177238915-682003330-1104
    last_sync:
      description: When the user was last synchronised, in UTC.
      returned: always
      type: str
      sample: "2026-11-24T06:20:41Z"
    provisioning_errors:
      description: What is in quarantine of the user.
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
          description: Since when, in UTC.
          returned: always
          type: str
          sample: "2026-11-24T06:20:41Z"
      sample: []
    other:
      description: The user that is in the way, with C(id), C(user_principal_name) and C(created), else null.
      returned: always
      type: dict
      sample: null
summary:
  description: How many users there are by status, zeros included, and in total.
  returned: success, and failure because of O(fail_on)
  type: dict
  contains:
    verified:
      description: Users that are matched as they should be.
      returned: always
      type: int
      sample: 40
    pending:
      description: Users of whom that cannot be seen yet.
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
      description: Users beside whom the sync made a second one.
      returned: always
      type: int
      sample: 0
    export_error:
      description: Users whose export was refused.
      returned: always
      type: int
      sample: 0
    not_found:
      description: Users that are not there.
      returned: always
      type: int
      sample: 0
    not_matched:
      description: Users without ImmutableId who are not synchronised.
      returned: always
      type: int
      sample: 0
    unknown:
      description: Users of whom the app may not read enough.
      returned: always
      type: int
      sample: 0
    skipped:
      description: Users who were not hard-matched.
      returned: always
      type: int
      sample: 3
    total:
      description: All of them.
      returned: always
      type: int
      sample: 44
trace:
  description:
    - Where an exception came from that the module does not know, one frame a line, without its text and without any value.
    - Report it. What the module did until then is in the other values.
  returned: when the module met an exception that it does not know
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
cause:
  description: A stable identifier of why Graph, or the sign-in, could not be used at all.
  returned: when Graph or the sign-in failed as a whole
  type: str
  sample: access_denied
status_code:
  description: The HTTP status of the answer that failed the task.
  returned: when Graph failed as a whole and answered
  type: int
  sample: 403
error_code:
  description: Microsoft's code of the error.
  returned: when Graph or the sign-in failed as a whole and sent one
  type: str
  sample: Authorization_RequestDenied
request_id:
  description: The id of the failed request, for Microsoft's support.
  returned: when Graph or the sign-in failed as a whole and sent one
  type: str
  sample: 5c0e7d4a-6d1f-4d1c-8a54-5a3a1f6c2b10
notes:
  description: Sentences on how the task went, such as a listing that had to start again. Also told at verbosity 1.
  returned: when there is one
  type: list
  elements: str
  sample: []
waited_seconds:
  description:
    - How long requests were held back because the service asked for it, or would have. Each second counts once, however many requests
      waited.
  returned: always
  type: float
  sample: 0.0
lookup:
  description:
    - How the users were looked up in Entra ID, and the numbers that decided it. Also told in a line at verbosity 1.
  returned: when Entra ID was asked
  type: dict
  contains:
    method:
      description: V(listing) for all users of the tenant, page by page, V(filters) for just those asked about.
      returned: always
      type: str
      sample: listing
    identities:
      description: Users asked about.
      returned: always
      type: int
      sample: 10000
    tenant_users:
      description: Users of the tenant. Null where so few were asked about that it was not counted.
      returned: always
      type: int
      sample: 10050
    listing_requests:
      description: Requests that a listing takes. Null where it was not counted.
      returned: always
      type: int
      sample: 11
    filter_requests:
      description: Requests that filters take.
      returned: always
      type: int
      sample: 67
"""

from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_sync_info import FAIL_ON, Question
from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_sync_info import run as read_states
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    read_identity,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import connection, graph_options
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.records_module import RecordsModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run


def records(params: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of the task: the list, or one for each identity."""
    if params["users"] is not None:
        return list(params["users"])
    return [{identity.kind: identity.text} for identity in map(read_identity, params["identities"])]


def question(params: dict[str, Any]) -> Question:
    """What the options ask for."""
    return Question(
        records=records(params),
        since=params["since"],
        wait=params["wait_timeout"],
        interval=params["poll_interval"],
        fail_on=params["fail_on"],
        export_errors=params["export_errors"],
    )


def main() -> None:
    options = graph_options()
    module = RecordsModule(
        argument_spec={
            **options,
            "users": {"type": "list", "elements": "dict"},
            "identities": {"type": "list", "elements": "str"},
            "since": {"type": "str"},
            "export_errors": {"type": "list", "elements": "dict", "default": []},
            "wait_timeout": {"type": "int", "default": 0},
            "poll_interval": {"type": "int", "default": 10},
            "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": "none"},
        },
        mutually_exclusive=[("users", "identities")],
        required_one_of=[("users", "identities")],
        supports_check_mode=True,
        # People's records do not belong in the system's log, into which Ansible writes all arguments:
        # tests/upstream/test_ansible_core.py::test_records_go_to_the_system_log
        no_log=True,
    )
    params = module.params
    watch = Watch(progress_report())
    run(module, GRAPH, lambda: read_states(connection(params, options), question(params), watch), watch.facts)


if __name__ == "__main__":
    main()
