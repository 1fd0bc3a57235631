#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_match_info
short_description: Predict what a sync would do with Active Directory users, and what it would overwrite
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Takes records of AD users and reads the tenant, and says for each user what a directory synchronisation would do, with
    the cloud user concerned and the reason in words.
  - For every user that would be matched, it lists what AD would overwrite in the cloud.
  - It reads the tenant in a few listings, whatever the number of users, and writes nothing.
  - If the app may not read who is an administrator, nobody is matched (V(blocked)). Other things that it may not read make the
    outcome of those users V(unknown) who hang on them. What most apps may not read, such as the tenant's switches, changes no
    outcome, and is said once in RV(caveats).
extends_documentation_fragment:
  - hybrid.identity.graph
  - hybrid.identity.attributes
  - hybrid.identity.attributes.entra
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  users:
    description:
      - Records of AD users. What M(hybrid.identity.ad_user_guid) returns as C(users) is taken as it is; with its option
        O(hybrid.identity.ad_user_guid#module:with_attributes) the overwrites are complete.
      - The outcome of one user can depend on another one of the list, so give all users that will be in the scope of the
        sync.
    type: list
    elements: dict
    required: true
  after_hard_match:
    description:
      - Predict as if M(hybrid.identity.entra_immutable_id) had set the ImmutableId of each user that it may set.
    type: bool
    default: false
  replace:
    description:
      - With O(after_hard_match=true), as if that module had run with the same option.
    type: bool
    default: false
  tenant_switches:
    description:
      - The tenant's synchronisation features by name, such as C(blockSoftMatchEnabled), with V(true) or V(false). They come
        on top of what could be read.
      - Microsoft documents that only a Global Administrator may read them, and no app. The module asks with the app's token
        all the same. If that is refused, have a Global Administrator read C(/directory/onPremisesSynchronization), and say here
        what C(features) holds.
    type: dict
    default: {}
  check_source_of_authority:
    description:
      - Ask for which users the cloud keeps the source of authority. One filter lists them. If Graph refuses it, each user that
        would be matched is read instead, 20 users a request.
      - Without it, and without the permission for it, a caveat says that this is not known.
    type: bool
    default: true
  skip_checks:
    description:
      - Checks to skip if what they need could not be read. Nothing of that is then taken to stand against a match, and
        RV(caveats) says so. What can be read counts all the same.
      - Without V(role_assignments), V(role_eligibility) and V(role_assignable_groups), nobody can tell who is an administrator.
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
    description:
      - Outcomes that may be. Each user then says in C(allowed) whether its own is one of them, and
        M(hybrid.identity.entra_immutable_id) leaves the others alone.
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
  on_refused:
    description:
      - What to do about outcomes that O(allowed_outcomes) does not name.
      - V(fail) fails the task; V(skip) marks the users.
    type: str
    choices: [fail, skip]
    default: fail
  accepted_effects:
    description:
      - What else a match may bring about, as lists of UPNs by effect. Otherwise such users are V(blocked).
      - V(privileged_ad_account), the AD account is protected, as O(hybrid.identity.ad_user_guid#module:accepted_effects) says.
      - V(foreign_anchor), C(mS-DS-ConsistencyGuid) is neither the account's own C(objectGUID) nor the ImmutableId that the cloud user
        has already.
      - Neither can be accepted for everybody at once.
    type: dict
    default: {}
  directory:
    description:
      - Connection options of M(hybrid.identity.ad_user_guid), such as C(server), C(username), C(password) and C(ca_cert). What is
        left out comes from C(module_defaults) for C(group/hybrid.identity.ad), and from the environment.
      - With it, the whole domain is searched for other objects that hold an anchor, a UPN or an address of one of O(users), for
        protected accounts, and for whose GUID the ImmutableId of a conflicting cloud user is.
      - Without it, nobody is known not to be protected, and nobody's anchor not to be claimed by somebody else, so everybody who
        would be matched is V(blocked), unless O(skip_checks) names V(protected_accounts) and V(anchor_claims).
    type: dict
    suboptions:
      server:
        description: Domain controllers, in the order in which they are tried.
        type: list
        elements: str
      port:
        description: The port.
        type: int
      tls_mode:
        description: How the connection is encrypted.
        type: str
        choices: [ldaps, start_tls]
        default: ldaps
      ca_cert:
        description: PEM file of the authority that signed the server's certificate.
        type: path
      cert_validation:
        description: What is checked of the server's certificate.
        type: str
        choices: [always, ignore_hostname, ignore]
        default: always
      auth_protocol:
        description: How to sign in.
        type: str
        choices: [simple, kerberos]
        default: simple
      username:
        description: Who signs in.
        type: str
      password:
        description: The password.
        type: str
      connection_timeout:
        description: Seconds to wait for a connection.
        type: int
        default: 5
notes:
  - To know everything, the app needs the application permissions C(User.Read.All), C(Domain.Read.All),
    C(RoleManagement.Read.Directory), C(RoleEligibilitySchedule.Read.Directory), C(GroupMember.Read.All), C(OrgContact.Read.All),
    C(Application.Read.All) for the owners of the app itself and, for the source of authority,
    C(User-OnPremisesSyncBehavior.ReadWrite.All), with admin consent.
  - The order in which a sync exports users is not documented. Where two AD users want one address, the prediction takes them in
    the order of O(users).
  - Whoever is eligible for membership of a group through Privileged Identity Management for Groups is not found.
seealso:
  - module: hybrid.identity.ad_user_guid
  - module: hybrid.identity.entra_immutable_id
  - name: Microsoft Entra Connect with an existing tenant
    description: How hard match and soft match work, and what blocks them.
    link: https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-install-existing-tenant
"""

EXAMPLES = r"""
# Connection options are left out here: set them once, for group/hybrid.identity.ad and group/hybrid.identity.entra in
# module_defaults, or in the environment.
- name: Read the AD users with all that a sync sends
  hybrid.identity.ad_user_guid:
    upn_suffix: contoso.com
    with_attributes: true
  register: ad

- name: See what a sync would do
  hybrid.identity.entra_match_info:
    users: "{{ ad.users }}"
    tenant_switches:
      blockSoftMatchEnabled: false
      blockCloudObjectTakeoverThroughHardMatchEnabled: false
      softMatchOnUpnEnabled: true
  register: preflight

- name: Stop where the hard match would not go through
  hybrid.identity.entra_match_info:
    users: "{{ ad.users }}"
    after_hard_match: true
    allowed_outcomes: [matched, hard_match]
"""

RETURN = r"""
users:
  description: One entry for each record, in the order given, each the record itself, without its C(attributes), with what a sync would do.
  returned: success, and failure because of outcomes that are not allowed
  type: list
  elements: dict
  contains:
    id:
      description: The object id of the cloud user concerned.
      returned: always
      type: str
      sample: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
    cloud_user_principal_name:
      description: The user principal name of the cloud user concerned.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    cloud_immutable_id:
      description: The ImmutableId of the cloud user concerned.
      returned: always
      type: str
      sample: 3jFgh7G/i0+csBxnpglNPg==
    outcome:
      description:
        - V(matched), the user is synchronised already. V(hard_match), V(soft_match) and V(new_cloud_user), what the next sync
          would do.
        - V(conflict), the cloud user has another ImmutableId. V(type_mismatch), a contact or group has the address. V(blocked),
          the match is refused, or should not be made, or nobody can tell whether the user is an administrator.
          V(quarantine), another object has the UPN or an address. V(invalid),
          Entra ID does not take the UPN or an address as it is.
        - V(unknown), the app may not read what it hangs on.
      returned: always
      type: str
      sample: hard_match
    status:
      description: The same as C(outcome).
      returned: always
      type: str
      sample: hard_match
    changed:
      description: Always false.
      returned: always
      type: bool
      sample: false
    cause:
      description:
        - A stable identifier of the reason.
        - For V(soft_match), V(primary_smtp) or V(user_principal_name).
        - For V(blocked), V(switch_hard_match), V(switch_soft_match), V(privileged_role), V(directory_role), V(eligible_role),
          V(role_assignable_group), V(app_owner), V(other_object_identifier), V(cloud_source_of_authority), V(cloud_managed_account),
          V(deleted_holder), V(federated_domain), V(formerly_synced_user), V(unreadable_user), V(privileged_ad_account) or
          V(foreign_anchor); and C(unread_) with V(role_assignments), V(role_eligibility), V(role_assignable_groups), V(anchor_claims)
          or V(protected_accounts), if these cannot be read.
        - For V(conflict), V(held_by_user), V(held_by_contact), V(held_by_group), V(held_by_computer) or V(held_by_nobody) where
          it is known whose the other ImmutableId is, else V(anchor_differs); and V(duplicate_anchor), or V(anchor_claimed) if
          another object of the domain holds the anchor.
        - For V(type_mismatch), V(held_by_contact) or V(held_by_group). For V(quarantine), V(upn_taken) or
          V(proxy_address_taken).
        - For V(invalid), V(invalid_upn), V(invalid_proxy_address), V(unverified_suffix), V(no_anchor), and V(ad_missing),
          V(ad_ambiguous), V(ad_not_a_user), V(ad_system_account) for records that M(hybrid.identity.ad_user_guid) marked so.
        - For V(unknown), C(unread_) and what could not be read.
      returned: always
      type: str
      sample: null
    causes:
      description: All causes that were found, the worst first.
      returned: always
      type: list
      elements: str
      sample: []
    reason:
      description: The same as a sentence that says what to do next.
      returned: always
      type: str
      sample: null
    sync_action:
      description:
        - What the sync cycle itself would do, whether that is wanted or not, V(update), V(hard_match), V(soft_match),
          V(create), V(leave) or V(error). A conflict, for instance, makes a second user (V(create)).
        - Null where that is not known.
      returned: always
      type: str
      sample: hard_match
    quarantined:
      description: UPN and addresses that another object has, each with C(attribute), C(value) and C(holder).
      returned: always
      type: list
      elements: dict
      sample: []
    future_user_principal_name:
      description: What the UPN of the cloud user would be. Null where it would be a placeholder, or none.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    unknown:
      description: What could not be read and could stand against the match.
      returned: always
      type: list
      elements: str
      sample: []
    expected:
      description: If something of RV(users[].unknown) decided, the outcome if nothing of it stands against the match.
      returned: always
      type: str
      sample: null
    anchor_owner:
      description: For a conflict, whose GUID the other ImmutableId is, with C(kind) and C(name). Null where that is not known.
      returned: always
      type: dict
      sample: {"kind": "contact", "name": "CN=Sales,OU=Contacts,DC=ad,DC=contoso,DC=com"}
    overwrites:
      description:
        - For a user who would be matched, what AD does to the cloud user, each with C(attribute), C(cloud) (the value now),
          C(ad) and C(effect).
        - The effect is V(overwritten); V(at_risk) where AD is empty, since Microsoft's pages contradict each other on whether
          the value goes; V(disabled) for the sign-in; V(password) where password hash sync replaces the password, and
          V(password_unknown) where it is not known whether it does.
      returned: always
      type: list
      elements: dict
      sample: [{"attribute": "job_title", "cloud": "Head of Sales", "ad": "Sales", "effect": "overwritten"}]
    effects:
      description: Those effects of O(accepted_effects) that the match would have, accepted or not.
      returned: always
      type: list
      elements: str
      sample: []
    allowed:
      description: Whether the outcome is one of O(allowed_outcomes).
      returned: O(allowed_outcomes) is given
      type: bool
      sample: true
cloud_only:
  description: Records of the active cloud users that no AD user of the list concerns.
  returned: success, and failure because of outcomes that are not allowed
  type: list
  elements: dict
  sample: []
summary:
  description: How many users have each outcome, zeros included, V(cloud_only), and V(total) of AD users.
  returned: success, and failure because of outcomes that are not allowed
  type: dict
  sample:
    matched: 3
    hard_match: 40
    soft_match: 2
    new_cloud_user: 1
    conflict: 1
    type_mismatch: 0
    blocked: 2
    quarantine: 0
    invalid: 1
    unknown: 0
    cloud_only: 5
    total: 50
caveats:
  description: What this prediction could not know and did not stop for, each in one sentence with the permission or the option that ends it.
  returned: success, and failure because of outcomes that are not allowed
  type: list
  elements: str
  sample: []
unknown:
  description: What could not be read of the tenant.
  returned: success, and failure because of outcomes that are not allowed
  type: list
  elements: dict
  contains:
    what:
      description: One of the choices of O(skip_checks).
      returned: always
      type: str
      sample: role_eligibility
    permission:
      description: The least permission that would answer it.
      returned: always
      type: str
      sample: RoleEligibilitySchedule.Read.Directory
    effect:
      description:
        - What follows for the users whom it concerns, V(refused), V(unknown), or V(caveat) if they keep their outcome.
      returned: always
      type: str
      sample: refused
    skipped:
      description: Whether O(skip_checks) names it.
      returned: always
      type: bool
      sample: false
trace:
  description:
    - Where an exception came from that the module does not know, one frame a line, without its text and without any value.
    - Report it. What the module did until then is in the other values.
  returned: when the module met an exception that it does not know
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
cause:
  description: A stable identifier of why Graph, the sign-in or the directory could not be used at all.
  returned: when one of them failed as a whole
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
"""

from dataclasses import replace
from functools import partial
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_match_info import Question
from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_match_info import run as predict
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    PROTECTED_ACCOUNTS,
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.outcome_words import OUTCOMES
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import ASPECTS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.directory_view import unread_view
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.anchor_owners import anchor_owners
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.directory_view import directory_reader
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    connection,
    graph_options,
    ldap_options,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.certificates import warn_if_unchecked
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH, LDAP3
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.records_module import RecordsModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run


def main() -> None:
    options = graph_options()
    module = RecordsModule(
        argument_spec={
            **options,
            "users": {"type": "list", "elements": "dict", "required": True},
            "after_hard_match": {"type": "bool", "default": False},
            "replace": {"type": "bool", "default": False},
            "tenant_switches": {"type": "dict", "default": {}},
            "check_source_of_authority": {"type": "bool", "default": True},
            "skip_checks": {"type": "list", "elements": "str", "choices": list(ASPECTS), "default": []},
            "allowed_outcomes": {"type": "list", "elements": "str", "choices": list(OUTCOMES)},
            "on_refused": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
            "accepted_effects": {"type": "dict", "default": {}},
            "directory": {"type": "dict", "options": ldap_options()},
        },
        supports_check_mode=True,
        # People's records do not belong in the system's log, into which Ansible writes all arguments:
        # tests/upstream/test_ansible_core.py::test_records_go_to_the_system_log
        no_log=True,
    )
    params = module.params
    question = Question(
        records=params["users"],
        after_hard_match=params["after_hard_match"],
        replace=params["replace"],
        switches=params["tenant_switches"],
        skip_checks=params["skip_checks"],
        ask_authority=params["check_source_of_authority"],
        allowed=params["allowed_outcomes"],
        skip_refused=params["on_refused"] == "skip",
    )
    domain = connection(params["directory"], ldap_options()) if params["directory"] else None
    if domain:
        warn_if_unchecked(module, domain)
    watch = Watch(progress_report())

    def service() -> dict[str, Any]:
        accepted = read_accepted_effects(params["accepted_effects"])
        protects = PROTECTED_ACCOUNTS not in question.skip_checks
        directory = directory_reader(domain, protects, writes=False) if domain else unread_view
        owners = partial(anchor_owners, domain) if domain else None
        return predict(connection(params, options), replace(question, accepted=accepted), owners, watch, directory)

    dependencies = (*GRAPH, LDAP3) if domain else GRAPH
    run(module, dependencies, service, watch.facts)


if __name__ == "__main__":
    main()
