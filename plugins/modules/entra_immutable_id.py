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
  - Writes C(onPremisesImmutableId). Directory synchronisation uses this value to find the cloud user of an Active Directory account (hard
    match).
  - Works on one user or on a list of users. A list is read and written with the fewest requests that Microsoft Graph allows.
  - The plan is complete before the first write. If a user may not be changed, the task fails and writes nothing, unless O(max_refused)
    allows it.
  - It never starts a synchronisation, and never changes other attributes of a user.
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
      - Exactly one of O(user), O(users) and O(all_users) is required.
    type: str
  immutable_id:
    description:
      - The ImmutableId for O(user), such as V(3jFgh7G/i0+csBxnpglNPg==). It must have the 16 bytes of a GUID.
      - To set the value of O(user), this option or O(object_guid) is required. With O(state=absent), neither has an effect.
    type: str
  object_guid:
    description:
      - The C(objectGUID) of the AD account, or its C(mS-DS-ConsistencyGuid) if that has a value, with dashes. The ImmutableId for O(user)
        is computed from it.
    type: str
  users:
    description:
      - Records of users, each a dictionary. You can pass the C(users) that M(hybrid.identity.ad_user_guid) returns.
      - The keys that identify the user are C(user_principal_name), which is the UPN of the AD account and of the cloud user, and C(id), the
        object id of the cloud user. If the cloud user has another UPN, use C(id).
      - The keys for the value are C(immutable_id) and C(object_guid), from which the ImmutableId is computed. One of them is enough. With
        O(state=absent), neither is needed.
      - C(source_anchor) is the attribute that the value comes from, V(objectGUID) or V(mS-DS-ConsistencyGuid), as
        M(hybrid.identity.ad_user_guid) returns it. If the C(status) of a record says that M(hybrid.identity.ad_user_guid) did not find the
        AD account, the record is refused.
      - With O(state=absent), an entry can also be only a user principal name or an object id.
      - The keys must have exactly this spelling. Rename the columns of a CSV file as in the example.
      - Only the cloud user with exactly this C(id), or else this C(user_principal_name), is written. Only the case of A to Z is ignored. A
        UPN that does not have the form name@domain, or that no cloud user can have, is refused.
      - Other keys, except C(attributes), are returned unchanged in the result.
      - An empty list is valid and changes nothing.
    type: list
    elements: raw
  all_users:
    description:
      - Clears the value of every active user of the tenant who has a value and may be cleared. It requires O(state=absent) and
        O(max_changes).
      - Users who have a value but may not be cleared, such as synchronised users, are in RV(users) as refused, with the reason. They never
        fail the task, regardless of O(max_refused). Users without a value are not returned.
    type: bool
  max_changes:
    description:
      - The maximum number of users that the task may change, as a count, such as V(20), or as a percentage of the users in scope, such as
        V(5%) or V(2.5%). If more users would change, the task fails before anything is written, also in check mode.
      - The users in scope are the requested users, or with O(all_users), all active users of the tenant. Deleted users who are restored or
        purged count as changed too.
      - Without this option, there is no limit. O(all_users) requires it.
    type: str
  state:
    description:
      - V(present) sets the value. V(absent) clears any value.
    type: str
    choices: [present, absent]
    default: present
  replace:
    description:
      - Whether a user who has a different ImmutableId may get the new one. This gives the cloud user to another AD account, so it is
        refused by default.
    type: bool
    default: false
  max_refused:
    description:
      - The maximum number of users that may be refused, or not found, while the others are changed, as a count such as V(20) or as a
        percentage of the requested users such as V(5%). If there are more such users, the task fails before anything is written. RV(users)
        says why each user was refused.
      - With O(all_users) it does not apply.
    type: str
    default: "0"
  skip_checks:
    description:
      - Checks to skip if the data that they need cannot be read. Data that can be read is still checked, and a warning says what was
        skipped.
      - Without V(role_assignments), V(role_eligibility) and V(role_assignable_groups), it is unknown who is an administrator, so an
        administrator might be given to another AD account.
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
  - Administrators are refused before anything is written, regardless of the role of the app, because a person who controls the AD account
    of a matched user can act as that user. An administrator is a user who has a directory role or is eligible for one, at any scope, is a
    member or an owner of a role-assignable group, or owns the app that signs in. Match these few users by hand, or remove the role for the
    time of the change. Only M(hybrid.identity.rollback) can undo a change of an administrator.
  - To find administrators, the app needs C(RoleManagement.Read.Directory), C(RoleEligibilitySchedule.Read.Directory) and
    C(GroupMember.Read.All). If one of them is missing, no user is changed, unless O(skip_checks) contains the check.
    C(Application.Read.All) shows who owns the app. Without it, a warning says that this is unknown.
  - Users in federated domains who have a value are refused, because it cannot be changed or cleared there. To find federated domains, the
    app needs C(Domain.Read.All).
  - If the app may not read domains, a warning says so, and Graph accepts or refuses the write. If the app may not read deleted users, no
    user gets a value, unless O(skip_checks) contains V(deleted_users).
  - An AD account whose UPN Entra Connect would not keep, for example because it contains a C($), is refused. A sync would give its cloud
    user another UPN.
  - Users who are synchronised (C(onPremisesSyncEnabled) is true) or were synchronised before (it is false, not null) are refused, because
    Graph does not support a change of their value.
  - Microsoft refuses some matches only at the next synchronisation, for example hard matches to users with privileged roles.
  - Entra ID shows changes in lists with a short delay. A run directly after another one might therefore write a value again, which changes
    nothing.
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

- name: Set the ImmutableIds, except for users who may not be changed
  hybrid.identity.entra_immutable_id:
    users: "{{ ad.users }}"
    max_refused: 100%
  register: matched

- name: Show the result
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

- name: Replace the ImmutableId of a user with that of the new AD account
  hybrid.identity.entra_immutable_id:
    user: adele.vance@contoso.com
    object_guid: c8c6569e-4688-4f3c-8462-afc4ff60817b
    replace: true

- name: Clear the ImmutableId of a user
  hybrid.identity.entra_immutable_id:
    user: adele.vance@contoso.com
    state: absent

- name: Clear the ImmutableIds of the whole tenant, but of at most 100 users
  hybrid.identity.entra_immutable_id:
    all_users: true
    state: absent
    max_changes: 100

- name: Set the ImmutableIds, purge a user in the recycle bin who has one of them, and stop if too many users would change
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
    - One entry for each record, in the given order. It contains the keys of the record and the result, or in check mode, the predicted
      result.
    - After a task that failed because of users who may not be changed, C(status) and C(after) show the plan, and C(changed) is always
      false, because nothing was written.
    - If records are invalid, the task fails before it sends a request to Graph, and returns only the invalid records.
  returned: success, and failure once the records were read
  type: list
  elements: dict
  contains:
    id:
      description: The object id of the cloud user.
      returned: if the user was found or the record contains it
      type: str
      sample: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
    user_principal_name:
      description: The user principal name, as the record has it or else as Entra ID has it.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    status:
      description:
        - V(set) or V(cleared) if the user was changed, V(restored) if the user was restored from the recycle bin with the value,
          V(unchanged) if no change is needed.
        - V(not_found) or V(refused) if the user may not be changed, V(excluded) if O(exclude) excludes the user, V(failed) if Graph refused
          the change.
      returned: always
      type: str
      sample: set
    before:
      description: The ImmutableId before the task. Null if there was none, or if the user is unknown.
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
        - A stable identifier of the reason why the user was not changed, else null.
        - From the plan, V(no_cloud_user), V(duplicate_record), V(value_wanted_twice), V(malformed_immutable_id), V(malformed_object_id),
          V(no_user_principal_name), V(invalid_upn), V(synced_user), V(formerly_synced_user), V(cloud_managed_account),
          V(different_immutable_id), V(held_by_user), V(held_by_deleted_user), V(federated_domain), V(admin_role), V(eligible_role),
          V(role_assignable_group), V(app_owner), V(unreadable_user), V(excluded_user), V(excluded_group), C(unread_) with
          V(role_assignments), V(role_eligibility), V(role_assignable_groups) or V(deleted_users), and V(ad_missing), V(ad_ambiguous),
          V(ad_not_a_user), V(ad_system_account) for records with this status of M(hybrid.identity.ad_user_guid).
        - From Graph, V(access_denied), V(held_by_user), V(conflicting_property), V(synced_user), V(federated_domain),
          V(mastered_elsewhere), V(user_vanished), V(restore_conflict), V(request_refused), V(throttled), V(service_unavailable),
          V(connection_lost), V(app_not_in_tenant), V(unauthorized), V(not_graph). V(interrupted) if an exception occurred.
          V(journal_failed) if the journal could not be written, because nothing is sent without it.
      returned: always
      type: str
      sample: null
    reason:
      description: The reason as a sentence that says what to do next, else null.
      returned: always
      type: str
      sample: null
    deleted_holders:
      description: The users in the recycle bin who had the requested value.
      returned: if O(deleted_holders) contains such a user
      type: list
      elements: dict
      contains:
        id:
          description: The object id of the deleted user.
          returned: always
          type: str
          sample: 0e0f7f6a-7c0e-4c7a-9f5c-2f1f5f0a7b11
        user_principal_name:
          description: The user principal name before the deletion.
          returned: always
          type: str
          sample: adele.vance.2019@contoso.com
        becomes:
          description:
            - V(restored), V(restored_and_cleared) or V(purged), in check mode too.
            - V(kept) if the user of the record is refused, or if Graph refused the change.
          returned: always
          type: str
          sample: purged
table:
  description: The users as lines of text. Counts come first, then the users who need attention, with the reasons.
  returned: if RV(users) is returned
  type: list
  elements: str
  sample: ["unchanged                        41"]
summary:
  description: Number of users by status, including zeros, and in total. C(excluded) is included only if there are such users.
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
      description: Users who were restored from the recycle bin with their value.
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
      description: Users whose change Graph refused.
      returned: always
      type: int
      sample: 0
    total:
      description: All users.
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
  description: A stable identifier of the reason why Graph, or the sign-in, failed.
  returned: if Graph or the sign-in failed as a whole
  type: str
  sample: invalid_secret
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
