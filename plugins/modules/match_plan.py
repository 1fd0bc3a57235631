#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: match_plan
short_description: Plan which Active Directory users are hard-matched to their cloud users
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Reads Active Directory and Entra ID at the same time and writes a plan to a file. For each AD user, the plan shows what the next sync
    would do, what the sync would overwrite in the cloud, and which values M(hybrid.identity.match_apply) changes.
  - The module changes nothing in the directories. It does not fail because of single users. If the plan cannot be applied, RV(verdict) says
    why.
  - If no user would be changed or refused, the module predicts nothing, because the prediction needs more requests. See
    O(predict_all).
  - With O(reviewed_plan), only changes that somebody reviewed stay in the plan. All values still come from what the module reads.
extends_documentation_fragment:
  - hybrid.identity.ldap
  - hybrid.identity.graph
  - hybrid.identity.deleted_holders
  - hybrid.identity.exclude
  - hybrid.identity.run_file
  - hybrid.identity.attributes
  - hybrid.identity.attributes.both
attributes:
  check_mode:
    support: full
    details: The module also writes the plan in check mode. This does not count as a change.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  scope:
    description:
      - The AD users in the plan. Set O(scope.users), O(scope.group), O(scope.filtering), O(scope.all), or a search.
      - If nobody is in scope, the module fails.
    type: dict
    required: true
    suboptions:
      users:
        description: User principal names. If a user does not exist, the plan refuses the user.
        type: list
        elements: str
      upn_suffixes:
        description: All users whose user principal names end in one of these domains.
        type: list
        elements: str
      search_base:
        description: The distinguished name of a container or organizational unit. All users below it are in scope.
        type: str
      search_filter:
        description: An LDAP filter that users must also meet.
        type: str
      group:
        description:
          - A group whose members are in scope, including the members of groups in it. A distinguished name is a group of Active Directory.
            Users with this primary group are members too. An object id or a display name is a group of Entra ID. The AD users with the user
            principal names of its members are in scope.
          - In a display name, only the case of A to Z is ignored. If several groups have the name, the module fails and lists their object
            ids.
          - A group of Entra ID must have assigned members. If the members cannot all be read, the module fails.
        type: str
      filtering:
        description:
          - The users whom an Entra Connect server synchronises. Pass RV(hybrid.identity.entra_connect_info#module:filtering) of the server.
          - Accounts that its default rules never synchronise, such as system mailboxes, are not in scope. Rules that somebody added to the
            server are not considered.
        type: list
        elements: dict
        suboptions:
          connector:
            description: The name of the AD connector. It is not used.
            type: str
          partition:
            description: The distinguished name of the partition. Only the entry of the domain that the module reads is used.
            type: str
            required: true
          included:
            description: Distinguished names of containers whose users are in scope.
            type: list
            elements: str
            default: []
          excluded:
            description:
              - Distinguished names of containers whose users are not in scope. For each user, the nearest container that is included or
                excluded decides. If there is none, the user is in scope.
            type: list
            elements: str
            default: []
          group:
            description: The distinguished name of a group. Only its direct members are in scope.
            type: str
      all:
        description: Set to V(true) for all users of the domain.
        type: bool
  match_by:
    description:
      - How to find the cloud user of an AD user. A plan uses the same way for all users.
      - V(user_principal_name) matches users with equal user principal names.
      - V(primary_smtp) matches users with equal primary mail addresses. You can apply such a plan only after a review, see
        O(reviewed_plan). Guests are refused. A user is refused if another AD object has the user principal name or an address of the cloud
        user, if another cloud user has the user principal name of the AD user, or if more than one user has the primary address.
      - V(mapping) matches the pairs in O(mapping).
      - If the user principal names of the two differ, the next sync changes the name of the cloud user. This is the effect
        V(sign_in_name_changed) in O(accepted_effects).
    type: str
    choices: [user_principal_name, primary_smtp, mapping]
    default: user_principal_name
  mapping:
    description:
      - The AD users and their cloud users, with O(match_by=mapping). A list of dictionaries, each with C(object_guid), the objectGUID of
        the AD user, and C(id), the object id of the cloud user.
      - Or the path of a CSV file on the controller, in UTF-8. Its first line must contain the columns C(object_guid) and C(id), separated
        by a comma. Other columns are ignored.
      - An AD user in scope who is not in the mapping is refused.
    type: raw
  source_anchor:
    description:
      - The attribute that the sync engine makes ImmutableIds from.
      - V(auto) uses C(mS-DS-ConsistencyGuid) if it holds a value, and C(objectGUID) if it is empty. Entra Connect does the same by
        default.
    type: str
    choices: [auto, objectGUID, mS-DS-ConsistencyGuid]
    default: auto
  write_consistency_guid:
    description:
      - What to write into C(mS-DS-ConsistencyGuid) of the AD users.
      - V(never) writes nothing.
      - V(from_guid) writes C(objectGUID) if the attribute is empty, as Entra Connect does.
      - V(from_cloud) writes the ImmutableId of the cloud user, unless the AD user already has it. Use it if cloud users must keep their
        ImmutableIds. A cloud user without an ImmutableId gets one from the AD user.
    type: str
    choices: [never, from_guid, from_cloud]
    default: never
  replace:
    description:
      - User principal names of users who have another ImmutableId that may be replaced. With V(from_cloud), users who have another
        C(mS-DS-ConsistencyGuid) that may be replaced. This gives the cloud user to another AD account.
    type: list
    elements: str
    default: []
  predict:
    description:
      - V(after_apply) predicts what a sync does after the plan is applied.
      - V(now) predicts what the next sync does if nobody changes anything. Such a plan changes nothing and cannot be applied.
    type: str
    choices: [after_apply, now]
    default: after_apply
  predict_all:
    description:
      - Predict the outcome of all users even if no user would be changed or refused, for example for a report.
      - With O(reviewed_plan), all outcomes are predicted while a user is not synchronised yet.
    type: bool
    default: false
  result_file:
    description:
      - The path of the result that M(hybrid.identity.match_apply) wrote, for a plan of the cycle that follows. It requires O(predict=now) and
        O(scope.filtering), and must be from the same tenant and domain.
      - RV(unmatched) then also has users whom that run left out and whom the sync hard-matches all the same, because a cloud user has their
        ImmutableId already. These users have the status V(refused), V(excluded), V(service_account), V(not_reviewed) or
        V(changed_since_review) in the result.
      - It also has users of the result whom the sync hard-matches with another cloud user, other users whom it hard-matches with their
        cloud users, and users whom this plan refuses for an effect, for example because the account was disabled after the run. Effects
        that the run predicted and accepted do not count while their values stay the same.
      - The plan uses O(exclude), O(accepted_effects) and O(allowed_outcomes) of that run, not those of this task.
    type: path
  tenant_switches:
    description:
      - Features of the directory synchronisation of the tenant, such as C(blockSoftMatchEnabled), with V(true) or V(false). These values
        replace what the module reads.
      - Microsoft documents that only a Global Administrator can read them. If the app cannot read them, ask a Global Administrator for the
        value of C(features) in C(/directory/onPremisesSynchronization).
    type: dict
    default: {}
  skip_checks:
    description:
      - Checks to skip if the data that they need cannot be read. RV(caveats) lists them. Data that can be read is still checked.
      - Without V(role_assignments), V(role_eligibility) and V(role_assignable_groups), it is unknown who is an administrator.
    type: list
    elements: str
    choices:
      - deleted_users
      - domains
      - tenant_switches
      - role_assignments
      - role_eligibility
      - role_assignable_groups
      - app_owners
      - object_identifiers
      - source_of_authority
      - contacts
      - groups
      - anchor_claims
      - protected_accounts
    default: []
  allowed_outcomes:
    description: Predicted outcomes of users who may be written. Users with another outcome are refused.
    type: list
    elements: str
    choices:
      - matched
      - hard_match
      - soft_match
      - new_cloud_user
      - conflict
      - type_mismatch
      - blocked
      - quarantine
      - invalid
      - unknown
    default: [matched, hard_match]
  accepted_effects:
    description:
      - Effects of a match that the plan refuses unless you accept them here. Set each to a list of user principal names, or to V(all) for
        all users.
      - V(privileged_ad_account) means that the AD account is protected. For example, it is a member of Domain Admins.
      - V(foreign_anchor) means that C(mS-DS-ConsistencyGuid) is neither the C(objectGUID) of the account nor the ImmutableId of the cloud
        user.
      - V(different_person) means that AD and Entra ID have different employee ids for the two users, or that both the given name and the
        surname differ.
      - V(account_disabled) means that the AD account is disabled and the cloud user is not, so the next sync disables the cloud user.
      - V(sign_in_name_changed) means that the next sync changes the user principal name of the cloud user.
      - V(primary_address_changed) means that the next sync changes the primary mail address of the cloud user.
      - V(addresses_removed) means that AD lacks mail addresses that the cloud user has. If AD has no addresses at all, it is not certain
        that the cloud user loses them.
      - V(guest) means that the cloud user is a guest.
      - You can only accept the first three for single users, not with V(all).
      - V(password_replaced) is allowed too, for M(hybrid.identity.ad_user). This module only counts it, like C(attributes_overwritten).
      - If such an effect is the only reason to refuse a user, the proposed change stays in the plan for a review. See O(reviewed_plan).
    type: dict
    default: {}
  max_changes:
    description:
      - The maximum number of users that the plan may change, as a count, such as V(20), or as a percentage of the users in scope, such as
        V(5%).
      - A restored or purged user of the recycle bin counts too. Without this option, there is no limit.
      - With O(reviewed_plan), only the changes that stay in the plan count.
    type: str
  max_refused:
    description:
      - The maximum number of users that may be refused while the others are written, as a count or as a percentage of the users in scope.
    type: str
    default: "0"
  reviewed_plan:
    description:
      - The path on the controller of a plan that another run of this module made and that a person reviewed, for example in a pull request.
      - A change stays in the new plan only if the reviewed plan has the same change, with the same two objects, attribute, value before and
        after, predicted outcome and effects. The effects that the reviewed plan shows for a user are accepted for this user.
      - Other changes are removed from the new plan. Their users have the status V(not_reviewed), or V(changed_since_review) if the reviewed
        plan has another change for the user. Users who already have the reviewed values have the status V(already_done). None of these
        users counts as refused.
      - The module fails if the plan is damaged, too old, of another tenant or domain, or made with another O(scope), O(exclude),
        O(match_by), O(source_anchor), O(write_consistency_guid), O(replace), O(deleted_holders), O(skip_checks) or O(allowed_outcomes),
        with O(predict=now), or if it has a verdict that has other reasons than effects.
    type: path
  reviewed_plan_sha256:
    description:
      - The SHA-256 hash of O(reviewed_plan), as the run that made the plan returned it in RV(plan_sha256).
      - Take it from a place that the author of the plan cannot change, such as the input of an approval. Otherwise, the review gives no
        protection.
    type: str
  reviewed_plan_max_age:
    description: The maximum age of O(reviewed_plan), in hours.
    type: int
    default: 72
  accounts_result:
    description:
      - The path of the result that M(hybrid.identity.ad_user) wrote in the same run. If that task created an account from its own reviewed
        plan, the user of this account counts as reviewed here, although O(reviewed_plan) does not contain the account. You must still
        accept effects.
      - Without O(reviewed_plan), the file is not read.
    type: path
  plan_file:
    description:
      - The path of the plan file on the controller. An existing file is replaced.
      - By default, the file is in the temporary folder of C(ansible-playbook), which is removed when the run ends.
    type: path
  note:
    description:
      - A text for the plan, the result, the proof and the journal of the run, such as the number of a change request.
      - At most 500 characters are kept. Do not use secrets.
    type: str
notes:
  - To read everything, the app needs the application permissions C(User.Read.All), C(Domain.Read.All),
    C(RoleManagement.Read.Directory), C(RoleEligibilitySchedule.Read.Directory), C(GroupMember.Read.All), C(OrgContact.Read.All) and
    C(Application.Read.All), and for the source of authority C(User-OnPremisesSyncBehavior.ReadWrite.All), with admin consent.
  - Microsoft does not document the order in which a sync exports users. If two AD users have the same address, the prediction takes
    them in the order of their user principal names.
seealso:
  - module: hybrid.identity.match_apply
  - module: hybrid.identity.match_report
  - name: Microsoft Entra Connect with an existing tenant
    description: How hard match and soft match work, and what blocks them.
    link: https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-install-existing-tenant
"""

EXAMPLES = r"""
# Set the connection options once: in module_defaults for group/hybrid.identity.ad and group/hybrid.identity.entra, or in the
# environment.
- name: Plan the hard match
  hybrid.identity.match_plan:
    scope:
      upn_suffixes: [contoso.com]
    exclude:
      users: [emergency1@contoso.onmicrosoft.com, emergency2@contoso.onmicrosoft.com]
      groups: ["CN=Administrators of Contoso,OU=Groups,DC=ad,DC=contoso,DC=com"]
    max_changes: 50
  register: plan

- name: Show the plan
  ansible.builtin.debug:
    var: plan.table

- name: Stop if the plan cannot be applied
  ansible.builtin.assert:
    that: not plan.verdict
    fail_msg: "{{ plan.verdict }}"

- name: Apply the plan
  hybrid.identity.match_apply:
    plan_file: "{{ plan.plan_file }}"
    plan_sha256: "{{ plan.plan_sha256 }}"
    journal: /var/lib/hybrid-identity/journal.jsonl

- name: Keep only what was reviewed
  hybrid.identity.match_plan:
    scope:
      upn_suffixes: [contoso.com]
    max_changes: 50
    reviewed_plan: reviewed/hard_match-plan.jsonl
    reviewed_plan_sha256: "{{ approved_sha256 }}"
  register: plan

- name: Plan with a list of pairs
  hybrid.identity.match_plan:
    scope:
      search_base: OU=Staff,DC=ad,DC=contoso,DC=com
    match_by: mapping
    mapping:
      - object_guid: 0f5e3d2c-1b4a-4c8d-9e7f-2a6b5c4d3e2f
        id: 7c9e6679-7425-40de-944b-e07fc1f90ae7
    max_changes: 1

- name: See what the next sync would do if nobody changed anything
  hybrid.identity.match_plan:
    scope:
      all: true
    predict: now
    plan_file: /var/lib/hybrid-identity/preflight.jsonl
"""

RETURN = r"""
plan_file:
  description: The path of the plan.
  returned: success
  type: str
  sample: /var/lib/hybrid-identity/20261129T101500Z-localhost-3f2a1b/hard_match-plan.jsonl
plan_sha256:
  description: The SHA-256 hash of the plan. M(hybrid.identity.match_apply) applies only the plan with this hash.
  returned: success
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
verdict:
  description: Why the plan cannot be applied, in one sentence. Empty if it can be applied.
  returned: success
  type: str
  sample: ""
reviewable:
  description:
    - Whether another run can use the plan as O(reviewed_plan). In this case, RV(verdict) is empty, or its only reasons are effects that a
      review accepts.
  returned: success
  type: bool
  sample: true
table:
  description: The plan as lines of text. Counts come first, then the users who need attention, then the number of users for each effect.
  returned: success
  type: list
  elements: str
  sample: ["would be hard-matched            40"]
summary:
  description: Counts of users.
  returned: success
  type: dict
  contains:
    total:
      description:
        - AD users in scope, without excluded users and service accounts.
        - With O(scope.filtering) and O(predict=now), excluded users are included, because a cycle processes them too.
      returned: always
      type: int
      sample: 40
    changes:
      description: Users whom the plan changes.
      returned: always
      type: int
      sample: 40
    refused:
      description: Users who are refused.
      returned: always
      type: int
      sample: 0
    excluded:
      description: Users who are excluded by O(exclude).
      returned: always
      type: int
      sample: 2
    service_accounts:
      description:
        - Service accounts, which are not changed. These are managed service accounts, and accounts with a C(servicePrincipalName) and no
          cloud user. An account in O(scope.users) is never treated as a service account.
      returned: always
      type: int
      sample: 1
    local_mailboxes:
      description:
        - Users of whom Active Directory says that they have a mailbox on an Exchange server on premises. They are not refused.
        - If the cloud user has a mailbox too, decide before the sync which one stays.
      returned: always
      type: int
      sample: 0
    cloud_only:
      description: Cloud users without an AD user in scope. 0 if nothing was predicted.
      returned: always
      type: int
      sample: 3
    outcomes:
      description: Users by predicted outcome. Empty if nothing was predicted.
      returned: always
      type: dict
      sample: {hard_match: 40}
    effects:
      description: Users by effect, as O(accepted_effects) names them, and V(attributes_overwritten). Effects without users are not listed.
      returned: always
      type: dict
      sample: {password_replaced: 40}
    review:
      description:
        - Number of users by the result of the comparison with O(reviewed_plan), which is V(not_reviewed), V(changed_since_review) or
          V(already_done).
        - Reviewed users who are no longer in scope count as V(changed_since_review). A warning lists them.
      returned: if O(reviewed_plan) is given
      type: dict
      sample: {not_reviewed: 1, changed_since_review: 0, already_done: 2}
unmatched:
  description:
    - AD users in scope who are not hard-matched and whom the next sync processes. It soft-matches them, creates new cloud users for them,
      or restores deleted ones. Users who are hard-matched although another account has the same ImmutableId are included.
    - Service accounts, and excluded users whom the sync hard-matches, are included only with O(scope.filtering). Users whom a run left out
      are included only with O(result_file).
  returned: with O(predict=now)
  type: dict
  contains:
    count:
      description: Number of these users.
      returned: always
      type: int
      sample: 3
    cycle:
      description: What the sync does with the first five of these users.
      returned: always
      type: list
      elements: str
      sample: [it soft-matches adele.vance@contoso.com to adele@contoso.com]
tenant_synchronizes:
  description:
    - Whether a sync engine is connected to the tenant. Null if no user would be changed or refused, or if the app lacks the application
      permission C(Organization.Read.All).
    - If nobody holds the scheduler of the engine, a cycle can process changes that are only half written.
  returned: success
  type: bool
  sample: true
has_exchange:
  description:
    - Whether the schema of Active Directory has the attributes of Exchange. Null if nobody would be changed or refused, and if the account
      that signed in cannot see the schema.
    - If it has them, the email addresses of users whom the next sync matches can afterwards be edited only in Active Directory.
  returned: success
  type: bool
  sample: false
caveats:
  description: Data that could not be read but does not block the plan, each in one sentence that says what to do.
  returned: success
  type: list
  elements: str
  sample: []
cause:
  description: V(empty_scope) if nobody is in scope.
  returned: failure, if nobody is in scope
  type: str
  sample: empty_scope
run:
  description: The name of the run.
  returned: success
  type: str
  sample: 20261129T101500Z-3f2a1b
trace:
  description:
    - The origin of an unexpected exception, one frame per line, without its text and without values.
    - Report it.
  returned: if an unexpected exception occurred
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
"""

from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_path

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.given.mapping import (
    parse_mapping,
    read_mapping,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import SOURCE_ANCHORS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.outcomes import (
    CREATED,
    HARD_MATCH,
    MATCHED,
    OUTCOMES,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.changes import Review
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.reviewed_plan import (
    AFTER_APPLY,
    MATCHES,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    PLAN,
    RESULT,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.user_records import read_user
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import ASPECTS
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    connection,
    deleted_holders_option,
    exclude_option,
    graph_options,
    ldap_options,
    scope_option,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.certificates import warn_if_unchecked
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH, LDAP3
from ansible_collections.hybrid.identity.plugins.module_utils._module.guarded_files import read_file
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import run_name
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import (
    RunFile,
    check_run_file,
    make_header,
    read_reviewed_plan,
    read_run_file,
    write_run_file,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_changes import WAYS
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_table import (
    Rows,
    count_unmatched,
    keep_rows,
    mailbox_lines,
    plan_table,
    start_rows,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_task import (
    NOW,
    TERMS,
    read_task,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.partners import (
    MAPPING,
    MATCH_BY,
    USER_PRINCIPAL_NAME,
)
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.plan_match import plan_match

_TERMS_OF_THE_RUN = {
    "exclude": exclude_option(),
    "allowed_outcomes": {
        "type": "list",
        "elements": "str",
        "choices": list(OUTCOMES),
        "default": [MATCHED, HARD_MATCH],
    },
    "accepted_effects": {"type": "dict", "default": {}},
}
"""The options that say whom a run does not want to match. With a result, they are those of its run."""


def make_plan(params: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Make the plan, write it to its file, and return the module's result."""
    path = params["plan_file"]
    if not path:
        raise InputError("plan_file is empty. Set it to a file on the controller.")
    check_run_file("plan_file", path, {name: params[name] for name in ("reviewed_plan", "result_file")})
    name = run_name(params["run"])
    scope = {option: value for option, value in params["scope"].items() if value is not None}
    terms = {**{option: params[option] for option in TERMS}, "exclude": _given(params["exclude"])}
    result = _read_result(params)
    rows = _start_rows(result) if result else Rows()
    terms |= _read_terms(result) if result else {}
    mapping, review = _read_mapping(params), _read_review(params, scope, terms, name)
    ldap, graph = connection(params, ldap_options()), connection(params, graph_options())
    try:
        task = read_task(scope, terms, mapping, review, rows.before)
        plan = plan_match(ldap, graph, task, path, params["predict_all"], watch)
    except InputError as error:
        raise _with_run(error, result) from error
    if result and (result.header["tenant"], result.header["domain"]) != (plan.tenant, plan.domain):
        raise InputError(
            f"result_file {result.path} is from another tenant or domain. Use the result of a hard match of this "
            "tenant and this domain."
        )
    summary, verdict = plan.summary(), plan.decided.verdict
    header = make_header(
        PLAN,
        "match_plan",
        name,
        params,
        tenant=plan.tenant,
        domain=plan.domain,
        scope=scope,
        terms=terms,
        facts={
            "names": plan.names,
            "summary": summary,
            "verdict": verdict,
            "reviewable": plan.is_reviewable,
            "reviewed_plan_sha256": params["reviewed_plan_sha256"],
            "caveats": list(plan.caveats),
            "unread": list(plan.unread),
            "tenant_users": plan.tenant_users,
            "tenant_synchronizes": plan.tenant_synchronizes,
            "has_exchange": plan.has_exchange,
        },
    )
    sha256 = write_run_file("plan_file", path, header, keep_rows(plan.users(), rows))
    return {
        "changed": False,
        "plan_file": path,
        "plan_sha256": sha256,
        "verdict": verdict,
        "reviewable": plan.is_reviewable,
        "table": [*plan_table(rows), *mailbox_lines(summary["local_mailboxes"], plan.has_exchange)],
        "summary": summary,
        **({"unmatched": count_unmatched(rows, plan.left_out)} if params["predict"] == NOW else {}),
        "caveats": list(plan.caveats),
        "tenant_synchronizes": plan.tenant_synchronizes,
        "has_exchange": plan.has_exchange,
        "run": name,
        "warnings": list(plan.warnings),
    }


def _with_run(error: InputError, result: RunFile | None) -> InputError:
    """Return an error that also says of which run a wrong exclusion is."""
    if result is None or not error.message.startswith("exclude."):
        return error
    return InputError(
        f"{error.message} This is an exclusion of the run {result.header['run']}. Correct it, and run the hard match "
        "again."
    )


def _given(exclude: dict[str, Any]) -> dict[str, Any]:
    return {option: value for option, value in exclude.items() if value}


def _read_mapping(params: dict[str, Any]) -> dict[str, str]:
    given = params["mapping"]
    if params["match_by"] != MAPPING:
        if given:
            raise InputError("mapping is set, but match_by is not mapping. Set match_by to mapping, or remove mapping.")
        return {}
    if not given or not isinstance(given, str | list):
        raise InputError(
            "match_by is mapping, but mapping is not valid. Set mapping to a list of pairs, or to the path of a CSV "
            "file."
        )
    if isinstance(given, list):
        return read_mapping(given)
    path = str(check_type_path(given))  # the option may be a list too, so Ansible does not expand it
    return parse_mapping(read_file("mapping", path), path)


def _read_review(params: dict[str, Any], scope: dict[str, Any], terms: dict[str, Any], name: str) -> Review | None:
    if terms["predict"] == NOW and params["reviewed_plan"] and params["reviewed_plan_sha256"]:
        raise InputError(
            "With predict=now, a plan changes nothing, so there is nothing to review. Use predict=after_apply."
        )
    review = read_reviewed_plan(params, MATCHES, scope, terms)
    return replace(review, made=_read_made(params["accounts_result"], name)) if review else None


def _read_made(path: str | None, run: str) -> dict[str, str]:
    """Return whom this run made accounts for, as another reviewed plan said: the cloud user's id by objectGUID."""
    if path is None:
        return {}
    result = read_run_file("accounts_result", path, (RESULT,))
    header = result.header
    if header["module"] != "ad_user" or header["run"] != run:
        raise InputError(
            f"accounts_result {path} is not the result of ad_user in this run. Use that result, or remove "
            "accounts_result."
        )
    if not header["facts"]["reviewed_plan_sha256"]:
        return {}
    users = map(read_user, result.records())
    return {
        str(user["ad"]["object_guid"]): user["cloud"]["id"]
        for user in users
        if user["ad"] and user["cloud"] and user["change"] and user["change"]["status"] == CREATED
    }


def _read_result(params: dict[str, Any]) -> RunFile | None:
    path = params["result_file"]
    if path is None:
        return None
    if params["predict"] != NOW or not params["scope"]["filtering"]:
        raise InputError(
            "result_file is only for the plan of a cycle. Set predict to now and use scope.filtering, or remove "
            "result_file."
        )
    result = read_run_file("result_file", path, (RESULT,))
    if result.header["module"] != "match_apply":
        raise InputError(f"result_file {path} is not a result of match_apply. Use the result of a hard match.")
    return result


def _read_terms(result: RunFile) -> dict[str, Any]:
    given = {option: value for option, value in result.header["terms"].items() if option in _TERMS_OF_THE_RUN}
    spec = ArgumentSpecValidator(_TERMS_OF_THE_RUN)
    if (
        given.keys() != _TERMS_OF_THE_RUN.keys()
        or not isinstance(given["exclude"], dict)
        or (checked := spec.validate(given)).error_messages
    ):
        raise InputError(
            f"The terms in the first line of result_file {result.path} are not valid. Use the file as match_apply "
            "wrote it."
        )
    terms = checked.validated_parameters
    return {**terms, "exclude": _given(terms["exclude"])}


def _start_rows(result: RunFile) -> Rows:
    try:
        return start_rows(map(read_user, result.records()))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"result_file {result.path} has a line that is not a record of a user. Use the file as match_apply wrote "
            "it."
        ) from error


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ldap_options(),
            **graph_options(),
            "scope": scope_option(required=True, filtering=True),
            **_TERMS_OF_THE_RUN,
            "match_by": {"type": "str", "choices": list(MATCH_BY), "default": USER_PRINCIPAL_NAME},
            "mapping": {"type": "raw"},
            "source_anchor": {"type": "str", "choices": list(SOURCE_ANCHORS), "default": "auto"},
            "write_consistency_guid": {"type": "str", "choices": list(WAYS), "default": "never"},
            "replace": {"type": "list", "elements": "str", "default": []},
            "deleted_holders": deleted_holders_option(),
            "predict": {"type": "str", "choices": [AFTER_APPLY, NOW], "default": AFTER_APPLY},
            "predict_all": {"type": "bool", "default": False},
            "result_file": {"type": "path"},
            "tenant_switches": {"type": "dict", "default": {}},
            "skip_checks": {"type": "list", "elements": "str", "choices": list(ASPECTS), "default": []},
            "max_changes": {"type": "str"},
            "max_refused": {"type": "str", "default": "0"},
            "reviewed_plan": {"type": "path"},
            "reviewed_plan_sha256": {"type": "str"},
            "reviewed_plan_max_age": {"type": "int", "default": 72},
            "accounts_result": {"type": "path"},
            "plan_file": {"type": "path"},
            "run": {"type": "str"},
            "note": {"type": "str"},
        },
        supports_check_mode=True,
    )
    if module.params["predict"] == NOW:
        # With after_apply, such a connection is refused.
        warn_if_unchecked(module, module.params)
    watch = Watch(progress_report())
    run(module, (*GRAPH, LDAP3), lambda: make_plan(module.params, watch), watch.facts)


if __name__ == "__main__":
    main()
