#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_immutable_id
short_description: Set or clear the ImmutableId of Entra ID users
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Writes C(onPremisesImmutableId), the value by which directory synchronisation finds the cloud user that an Active
    Directory account belongs to (hard match).
  - Takes one user or a whole list in one task; a list is read and written in the fewest requests that Microsoft Graph
    allows.
  - Everything is planned before the first write. A user who may not be changed fails the task with nothing written, unless
    O(max_refused) allows it.
  - It never starts a synchronisation and never changes anything else of a user.
extends_documentation_fragment:
  - hybrid.identity.graph
  - hybrid.identity.journal
  - hybrid.identity.deleted_holders
  - hybrid.identity.exclude
  - hybrid.identity.attributes
  - hybrid.identity.attributes.entra
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  user:
    description:
      - The user principal name or the object id of one user. A value with an C(@) is a user principal name, a GUID an object id.
      - Exactly one of O(user), O(users) and O(all_users) is needed.
    type: str
  immutable_id:
    description:
      - The ImmutableId for O(user), such as V(3jFgh7G/i0+csBxnpglNPg==). It must hold the 16 bytes of a GUID.
      - Either this or O(object_guid) is needed to set the value of O(user). With O(state=absent) neither is of use.
    type: str
  object_guid:
    description:
      - The C(objectGUID) of the AD account, or its C(mS-DS-ConsistencyGuid) where that is filled, in its dashed form. The
        ImmutableId for O(user) is computed from it.
    type: str
  users:
    description:
      - Records of users, each a dictionary. What M(hybrid.identity.ad_user_guid) returns as C(users) is taken as it is.
      - The keys that name the user are C(user_principal_name), which is the UPN of the AD account and also of the cloud user, and
        C(id), the object id of the cloud user. Give C(id) if the cloud user has another UPN.
      - The keys for the value are C(immutable_id) and C(object_guid), from which the ImmutableId is computed. One of them is enough. With
        O(state=absent), neither is needed.
      - C(source_anchor) is the attribute that the value comes from, V(objectGUID) or V(mS-DS-ConsistencyGuid), as
        M(hybrid.identity.ad_user_guid) returns it. Records with a C(status) of M(hybrid.identity.ad_user_guid) that says that the AD account was
        not found are refused.
      - With O(state=absent), an entry can also be only a user principal name or an object id.
      - Keys are spelled exactly like this. Rename the columns of a CSV file, as the example shows.
      - Only the cloud user with exactly this C(id), or else this C(user_principal_name), is written. The case of A to Z is
        ignored, and nothing else. A UPN that is not of the form name@domain, or that no cloud user can have, is refused.
      - Keys that are not named here travel along into the result untouched, save C(attributes), which stay behind.
      - An empty list is fine and does nothing.
    type: list
    elements: raw
  all_users:
    description:
      - Clears the value of every active user of the tenant who has one and may be cleared. It needs O(state=absent) and
        O(max_changes).
      - Who has a value and may not be cleared, such as a synchronised user, is shown in RV(users) with the reason, as
        refused, and does not fail the task, whatever O(max_refused) says. Users without a value are not shown.
    type: bool
  max_changes:
    description:
      - The most users that the task may change, as a count, such as V(20), or as a percentage of the users in scope, such as
        V(5%) or V(2.5%). Above it the task fails before anything is written, in check mode too.
      - In scope are the users asked for; with O(all_users), all active users of the tenant. Deleted users who are restored or
        purged count as changed too.
      - Without it there is no limit. O(all_users) needs it.
    type: str
  state:
    description:
      - V(present) sets the value. V(absent) clears it, whatever it is.
    type: str
    choices: [present, absent]
    default: present
  replace:
    description:
      - Whether a user who has a different ImmutableId may get the new one. That hands the cloud account over to another AD
        account, so it is refused by default.
    type: bool
    default: false
  max_refused:
    description:
      - How many users may be refused, or not found, while the others are changed, as a count such as V(20) or as a percentage of the users asked
        for such as V(5%). If more are, the task fails before anything is written. RV(users) says why each was.
      - With O(all_users) it does not apply.
    type: str
    default: "0"
  skip_checks:
    description:
      - Checks to skip if what they need could not be read. What can be read counts all the same, and a warning says what was skipped.
      - Without V(role_assignments), V(role_eligibility) and V(role_assignable_groups), nobody can tell who is an administrator, so
        an administrator may be handed over.
    type: list
    elements: str
    choices:
      - deleted_users
      - domains
      - role_assignments
      - role_eligibility
      - role_assignable_groups
      - app_owners
    default: []
notes:
  - The app needs the application permission C(User.ReadWrite.All) with admin consent, and C(User.DeleteRestore.All) to
    restore or purge deleted users.
  - Administrators are refused before anything is written, whatever role the app holds, because whoever controls the AD account of a matched
    user is that user. Whoever holds a directory role or is eligible for one, at any scope, is a member or an owner of a role-assignable
    group, or owns the app that signs in, is one. An administrator matches these few people by hand, or remove the role for the change. Only
    M(hybrid.identity.rollback) takes back what an administrator was given.
  - To find out, the app needs C(RoleManagement.Read.Directory), C(RoleEligibilitySchedule.Read.Directory) and
    C(GroupMember.Read.All). Without one of them nobody is changed, unless O(skip_checks) names the check. C(Application.Read.All)
    shows who owns the app; without it a warning says that this is not known.
  - Users in federated domains who have a value are refused, since it cannot be changed or cleared there. To find out, the app
    needs C(Domain.Read.All).
  - If the app may not read domains, a warning says so, and Graph's own answer to the write decides. If it may not read deleted users,
    nobody gets a value, unless O(skip_checks) names V(deleted_users).
  - An AD account whose UPN Entra Connect would not keep, for instance because it holds a C($), is refused. A sync would give its
    cloud user another UPN.
  - Users that are synchronised (C(onPremisesSyncEnabled) is true) or once were (it is false, not null) are refused; Graph
    does not support changing the value of these.
  - Microsoft refuses more at the next synchronisation than at this write, for instance hard matches to users with privileged
    roles.
  - Lists in Entra ID lag a little behind writes. A run right after another one may therefore write a value again, which
    changes nothing.
seealso:
  - module: hybrid.identity.ad_user_guid
  - module: hybrid.identity.match_plan
  - name: Microsoft Entra Connect with an existing tenant
    description: How hard match and soft match work, and what blocks them.
    link: https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-install-existing-tenant
  - name: Update user
    description: The request that the module sends.
    link: https://learn.microsoft.com/graph/api/user-update
"""

EXAMPLES = r"""
# Connection options are left out here: set them once, for group/hybrid.identity.ad and group/hybrid.identity.entra in
# module_defaults, or in the environment.
- name: Read the GUIDs
  hybrid.identity.ad_user_guid:
    upn_suffix: contoso.com
  register: ad

- name: Set the ImmutableIds, leaving out who may not be changed
  hybrid.identity.entra_immutable_id:
    users: "{{ ad.users }}"
    max_refused: 100%
  register: matched

- name: Show what became of them
  ansible.builtin.debug:
    var: matched.summary

- name: Set the ImmutableId of one user from a GUID
  hybrid.identity.entra_immutable_id:
    user: adele.vance@contoso.com
    object_guid: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e

- name: Set it for a few users, with values from elsewhere
  hybrid.identity.entra_immutable_id:
    users:
      - user_principal_name: adele.vance@contoso.com
        immutable_id: 3jFgh7G/i0+csBxnpglNPg==
      - id: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
        object_guid: c8c6569e-4688-4f3c-8462-afc4ff60817b

# users.csv has the columns UserPrincipalName and ObjectGUID.
- name: Read a CSV file
  community.general.read_csv:
    path: users.csv
  delegate_to: localhost
  register: csv

- name: Set the ImmutableIds from the CSV file
  hybrid.identity.entra_immutable_id:
    users: "{{ csv.list | community.general.replace_keys(target=names) }}"
  vars:
    names:
      - {before: UserPrincipalName, after: user_principal_name}
      - {before: ObjectGUID, after: object_guid}

- name: Clear the ImmutableIds of two users
  hybrid.identity.entra_immutable_id:
    users: [adele.vance@contoso.com, alex.wilber@contoso.com]
    state: absent

- name: Give a user the ImmutableId of the new AD account in place of the old one
  hybrid.identity.entra_immutable_id:
    user: adele.vance@contoso.com
    object_guid: c8c6569e-4688-4f3c-8462-afc4ff60817b
    replace: true

- name: Clear the ImmutableId of a user
  hybrid.identity.entra_immutable_id:
    user: adele.vance@contoso.com
    state: absent

- name: Clear the ImmutableIds of the whole tenant, of a hundred users at most
  hybrid.identity.entra_immutable_id:
    all_users: true
    state: absent
    max_changes: 100

- name: Set the ImmutableIds, and purge who holds one of them in the recycle bin, but nothing if it is more than expected
  hybrid.identity.entra_immutable_id:
    users: "{{ ad.users }}"
    deleted_holders:
      purge: [0f2d4a86-5b1c-4f0e-9a3d-7c8b9e1f2a34]
    max_changes: 5%

- name: Set the ImmutableIds with a journal, under the number of the CI job
  hybrid.identity.entra_immutable_id:
    users: "{{ ad.users }}"
    journal: /var/lib/hybrid-identity/journal
    journal_run: "job {{ lookup('ansible.builtin.env', 'CI_JOB_ID') }}"
"""

RETURN = r"""
users:
  description:
    - One entry for each record, in the order given, each the record itself with what became of it. In check mode, what would
      become of it.
    - After a task that failed because of users who may not be changed, C(status) and C(after) show the plan, and C(changed) is
      false throughout, since nothing was written.
    - A task whose records are wrong by themselves fails before Graph is asked, with the wrong records alone.
  returned: success, and failure once the records were read
  type: list
  elements: dict
  contains:
    id:
      description: The object id of the cloud user.
      returned: when the user was found or the record named it
      type: str
      sample: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
    user_principal_name:
      description: The user principal name, as the record has it or else as Entra ID has it.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    status:
      description:
        - V(set) and V(cleared) for users who were changed, V(restored) for those brought back from the recycle bin with their
          value, V(unchanged) for those who need no change.
        - V(not_found) and V(refused) for users who may not be changed, V(excluded) for those whom O(exclude) names, V(failed)
          where Graph did not take the change.
      returned: always
      type: str
      sample: set
    before:
      description: The ImmutableId before the task. Null where there was none, or where the user is not known.
      returned: always
      type: str
      sample: null
    after:
      description: The ImmutableId after the task.
      returned: always
      type: str
      sample: 3jFgh7G/i0+csBxnpglNPg==
    changed:
      description: Whether the user was changed.
      returned: always
      type: bool
      sample: true
    cause:
      description:
        - A stable identifier of why the user was not changed, else null.
        - From the plan, V(no_cloud_user), V(duplicate_record), V(value_wanted_twice), V(malformed_immutable_id),
          V(malformed_object_id), V(no_user_principal_name), V(invalid_upn), V(synced_user), V(formerly_synced_user), V(cloud_managed_account),
          V(different_immutable_id), V(held_by_user), V(held_by_deleted_user), V(federated_domain),
          V(admin_role), V(eligible_role),
          V(role_assignable_group), V(app_owner), V(unreadable_user), V(excluded_user), V(excluded_group),
          C(unread_) with V(role_assignments), V(role_eligibility),
          V(role_assignable_groups) or V(deleted_users), and V(ad_missing), V(ad_ambiguous), V(ad_not_a_user), V(ad_system_account) for
          records that M(hybrid.identity.ad_user_guid) marked so.
        - From Graph, V(access_denied), V(held_by_user), V(conflicting_property), V(synced_user), V(federated_domain), V(mastered_elsewhere),
          V(user_vanished), V(restore_conflict), V(request_refused), V(throttled), V(service_unavailable), V(connection_lost),
          V(app_not_in_tenant), V(unauthorized), V(not_graph). V(interrupted) where the run met an exception.
          V(journal_failed) where the journal could not be written, without which nothing is sent.
      returned: always
      type: str
      sample: null
    reason:
      description: The reason as a sentence that says what to do next, else null.
      returned: always
      type: str
      sample: null
    deleted_holders:
      description: The users in the recycle bin that held the wanted value.
      returned: when O(deleted_holders) names one who concerns the user
      type: list
      elements: dict
      contains:
        id:
          description: The object id of the deleted user.
          returned: always
          type: str
          sample: 0e0f7f6a-7c0e-4c7a-9f5c-2f1f5f0a7b11
        user_principal_name:
          description: The user principal name that it had.
          returned: always
          type: str
          sample: adele.vance.2019@contoso.com
        becomes:
          description:
            - V(restored), V(restored_and_cleared) or V(purged), in check mode too.
            - V(kept) where the user of the record is refused, or Graph did not take it.
          returned: always
          type: str
          sample: purged
table:
  description: The users in lines for people. Counts come first, then the users who need attention, with the reasons.
  returned: when RV(users) is
  type: list
  elements: str
  sample: ["unchanged                        41"]
summary:
  description: How many users there are by status, zeros included, and in total. C(excluded) is among them only if there are such users.
  returned: success, and failure once the records were read
  type: dict
  contains:
    set:
      description: Users whose value was set.
      returned: always
      type: int
      sample: 40
    cleared:
      description: Users whose value was cleared.
      returned: always
      type: int
      sample: 0
    restored:
      description: Users brought back from the recycle bin with their value.
      returned: always
      type: int
      sample: 0
    unchanged:
      description: Users who needed no change.
      returned: always
      type: int
      sample: 2
    not_found:
      description: Users who are not in Entra ID, or whose AD account was not found.
      returned: always
      type: int
      sample: 1
    refused:
      description: Users who may not be changed.
      returned: always
      type: int
      sample: 3
    failed:
      description: Users whose change Graph did not take.
      returned: always
      type: int
      sample: 0
    total:
      description: All of them.
      returned: always
      type: int
      sample: 46
journal_run:
  description: The name of this run in O(journal).
  returned: if the task made changes and O(journal) is set
  type: str
  sample: 20261124T094107Z-1f3c9a
trace:
  description:
    - The origin of an unexpected exception, one frame per line, without its text and without values.
    - Report it. The other values show what the module did before the exception.
  returned: if an unexpected exception occurred
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
cause:
  description: A stable identifier of why Graph, or the sign-in, could not be used at all.
  returned: when Graph or the sign-in failed as a whole
  type: str
  sample: invalid_secret
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

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import Task
from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_immutable_id import run as set_immutable_ids
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.given.users import read_users
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.cloud_identity import (
    read_identity,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.scope.exclusions import read_exclusions
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.deleted_holders import (
    read_deleted_holders,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_guards import GUARD_ASPECTS
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    connection,
    deleted_holders_option,
    exclude_option,
    graph_options,
    journal_options,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import journaled
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.records_module import RecordsModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run


def records(params: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of the task: the list, or a list of the one user; none for all users."""
    if params["all_users"] is not None:
        return []
    if params["users"] is not None:
        return read_users(params["users"], "" if params["state"] == "absent" else "immutable_id or object_guid")
    identity = read_identity(params["user"])
    given = {name: params[name] for name in ("immutable_id", "object_guid") if params[name]}
    return [{identity.kind: identity.text, **given}]


def service(params: dict[str, Any], options: dict[str, Any], check_mode: bool, watch: Watch) -> dict[str, Any]:
    """Do what the options ask for."""
    if params["all_users"] is False:
        raise InputError("all_users is false, so no user is selected. Remove it, and set user or users.")
    task = Task(
        records=records(params),
        clear=params["state"] == "absent",
        overwrite=params["replace"],
        max_refused=params["max_refused"],
        check_mode=check_mode,
        everybody=params["all_users"] is True,
        max_changes=params["max_changes"],
        deleted=read_deleted_holders(params["deleted_holders"]),
        skip_checks=params["skip_checks"],
        exclusions=read_exclusions(params["exclude"]),
    )
    return journaled(params, lambda journal: set_immutable_ids(options, task, journal, watch), check_mode=check_mode)


def main() -> None:
    options = graph_options()
    module = RecordsModule(
        argument_spec={
            **options,
            **journal_options(),
            "user": {"type": "str"},
            "immutable_id": {"type": "str"},
            "object_guid": {"type": "str"},
            "users": {"type": "list", "elements": "raw"},
            "all_users": {"type": "bool"},
            "max_changes": {"type": "str"},
            "deleted_holders": deleted_holders_option(),
            "exclude": exclude_option(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "replace": {"type": "bool", "default": False},
            "max_refused": {"type": "str", "default": "0"},
            "skip_checks": {
                "type": "list",
                "elements": "str",
                "choices": list(GUARD_ASPECTS),
                "default": [],
            },
        },
        mutually_exclusive=[
            ("user", "users", "all_users"),
            ("users", "immutable_id"),
            ("users", "object_guid"),
            ("all_users", "immutable_id"),
            ("all_users", "object_guid"),
            ("immutable_id", "object_guid"),
        ],
        required_one_of=[("user", "users", "all_users")],
        required_by={"journal_run": "journal"},
        supports_check_mode=True,
        # People's records do not belong in the system's log, into which Ansible writes all arguments:
        # tests/upstream/test_ansible_core.py::test_records_go_to_the_system_log
        no_log=True,
    )
    watch = Watch(progress_report())
    run(
        module,
        GRAPH,
        lambda: service(module.params, connection(module.params, options), module.check_mode, watch),
        watch.facts,
    )


if __name__ == "__main__":
    main()
