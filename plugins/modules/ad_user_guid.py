#!/usr/bin/python
# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ad_user_guid
short_description: Read the GUIDs and ImmutableIds of Active Directory users, and write mS-DS-ConsistencyGuid
version_added: 1.0.0
description:
  - Finds users in Active Directory, by a list of identities or by a search. For each user, it returns the GUID and the ImmutableId that a
    sync with Entra ID would use. You can pass RV(users) to M(hybrid.identity.entra_immutable_id).
  - With O(stamp=true), it also writes C(objectGUID) into an empty C(mS-DS-ConsistencyGuid), as Entra Connect does.
  - O(users) is for cloud users who must keep their ImmutableId. The module writes this ImmutableId into C(mS-DS-ConsistencyGuid) of their
    AD accounts.
  - The changes can be recorded in a journal and undone with M(hybrid.identity.rollback).
  - A search returns only user accounts. It never returns computers, managed service accounts, trusts, contacts, replication conflicts, or
    accounts that the default rules of Entra Connect exclude.
extends_documentation_fragment:
  - hybrid.identity.ldap
  - hybrid.identity.journal
  - hybrid.identity.attributes
  - hybrid.identity.attributes.ad
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  identities:
    description:
      - Users by UPN, mail address, C(sAMAccountName), distinguished name or GUID. You can mix these. The values have no wildcards, and a
        space at either end is an error. In UPNs and mail addresses, only the case of A to Z is ignored. Other names are compared as in
        Active Directory.
      - They are looked up in the domain of O(server), in bulk.
    type: list
    elements: str
  search_base:
    description:
      - Distinguished name below which to search. Without this option, the whole domain of O(server) is searched.
      - Without O(identities), users must meet all given conditions. Without any condition, all users of the domain are returned.
    type: str
  search_scope:
    description:
      - How far below O(search_base) to search.
    type: str
    choices: [base, one_level, subtree]
    default: subtree
  search_filter:
    description:
      - An LDAP filter that the users must match, in addition to the conditions of every search.
    type: str
  upn_suffix:
    description:
      - UPN suffixes. The UPNs of the users must have one of them.
    type: list
    elements: str
  users:
    description:
      - Records of cloud users. O(stamp=true) writes their ImmutableIds, instead of the C(objectGUID) of their AD accounts, into
        C(mS-DS-ConsistencyGuid) of these accounts.
      - Each record identifies its AD account by C(object_guid), or else by C(user_principal_name). The latter is only compared with the
        UPN, and only the case of A to Z is ignored. C(immutable_id) is the ImmutableId of the cloud user and must have 16 bytes.
      - You can pass the C(users) that M(hybrid.identity.entra_immutable_id) or M(hybrid.identity.entra_user_info) returns. In a result of
        M(hybrid.identity.entra_immutable_id), the value of the cloud user is C(after).
      - If another object in the domain of O(server) already has the value as C(mS-DS-ConsistencyGuid) or C(objectGUID), the value is
        refused, unless the same task gives that object another value.
      - An empty list is valid and changes nothing.
    type: list
    elements: dict
  source_anchor:
    description:
      - The attribute from which the ImmutableId is made.
      - V(auto) uses C(mS-DS-ConsistencyGuid) if it has a value, and otherwise C(objectGUID), as Entra Connect does.
      - With V(mS-DS-ConsistencyGuid), a user without a value has no ImmutableId yet.
    type: str
    choices: [auto, objectGUID, mS-DS-ConsistencyGuid]
    default: auto
  with_attributes:
    description:
      - Also read the attributes that a sync sends to Entra ID, as C(attributes) of each user.
    type: bool
    default: false
  stamp:
    description:
      - Write C(mS-DS-ConsistencyGuid) if it is empty. For O(users), the value is the ImmutableId of the cloud user, otherwise
        C(objectGUID). An existing value is never changed, unless O(replace=true).
      - If Cloud Sync created an account and the cloud is its source of authority, the account is refused.
    type: bool
    default: false
  replace:
    description:
      - Whether the ImmutableId of O(users) may replace another C(mS-DS-ConsistencyGuid). Otherwise, such an account is refused. A value
        that changes while the task runs is never overwritten.
      - The source anchor of an account that is already synchronised must not change, because a change makes its exports fail. Remove the
        account from the sync scope first.
    type: bool
    default: false
  max_changes:
    description:
      - The maximum number of users that the task may change, as a count such as V(20) or as a percentage of the requested users such as
        V(5%). If more users would change, the task fails before the first write.
    type: str
  accepted_effects:
    description:
      - Effects of a match that the module refuses unless you accept them here. Set each to a list of UPNs. You cannot accept them for all
        users at once.
      - V(privileged_ad_account) means that O(stamp=true) writes to an account that is protected in Active Directory. Protected accounts are
        direct and nested members of Domain Admins, Enterprise Admins, Schema Admins, Administrators, Account, Backup, Server and Print
        Operators, Group Policy Creator Owners, Key Admins, Enterprise Key Admins, Cert Publishers, Protected Users, DnsAdmins and
        ADSyncAdmins, also through their primary group or C(sIDHistory). Accounts with C(adminCount), with rights to replicate the domain,
        or trusted for delegation are protected too, and so is the account of O(username).
      - V(foreign_anchor) has an effect only in M(hybrid.identity.match_plan). This module accepts it so that you can use the same value for
        both modules.
    type: dict
    default: {}
  skip_checks:
    description:
      - Checks to skip. You are responsible for the results that they would have. Use V(protected_accounts) if the account of O(username)
        may not read the access control list of the domain.
    type: list
    elements: str
    choices: [protected_accounts]
    default: []
  max_refused:
    description:
      - The maximum number of users that may be refused while the task continues with the others, as a count such as V(20) or as a
        percentage of the requested users such as V(5%). If more users are refused, the task fails before anything is written. RV(users)
        says why each user was refused.
      - An identity counts as refused if it is missing, ambiguous, not a user, a system account or given twice, or if the user must not be
        written.
    type: str
    default: "0"
notes:
  - A written value has an effect only if the sync with Entra ID uses C(mS-DS-ConsistencyGuid) as its source anchor. This is the default of
    Entra Connect since version 1.1.524.0.
seealso:
  - module: hybrid.identity.entra_immutable_id
  - module: hybrid.identity.match_plan
  - module: hybrid.identity.ad_upn_suffix
author:
  - hybrid.identity contributors (@hybrid-identity)
"""

EXAMPLES = r"""
- name: Read all users who sign in with contoso.com
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    upn_suffix: [contoso.com]
  register: ad_users

- name: Read some users by different kinds of names
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    auth_protocol: kerberos
    identities:
      - anna@contoso.com
      - bob
      - CN=Carol King,OU=Staff,DC=ad,DC=contoso,DC=com
      - 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    max_refused: 100%

- name: Write mS-DS-ConsistencyGuid of the users of one department, and show the changes
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    search_base: OU=Staff,DC=ad,DC=contoso,DC=com
    search_filter: (department=Sales)
    stamp: true
    journal: /var/lib/hybrid/journal.jsonl
    journal_run: sales
  diff: true

# Cloud users whose ImmutableId must stay, for instance because it is the one of an earlier AD: their new AD accounts get it.
- name: Read the cloud users
  hybrid.identity.entra_user_info:
    domains: [contoso.com]
  register: cloud_users

- name: Write the ImmutableIds of the cloud users to their AD accounts
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    users: "{{ cloud_users.users | selectattr('immutable_id') }}"
    stamp: true
    max_changes: 5%
    journal: /var/lib/hybrid/journal.jsonl
  register: stamped

- name: Replace the value of one AD account with a known ImmutableId
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    users:
      - user_principal_name: anna@contoso.com
        immutable_id: 3jFgh7G/i0+csBxnpglNPg==
    stamp: true
    replace: true
    journal: /var/lib/hybrid/journal.jsonl
"""

RETURN = r"""
users:
  description:
    - One item for each user. For O(identities) and O(users), the items are in the given order. The results of a search are sorted by UPN,
      then by distinguished name.
    - If an identity is not a user who can be matched, unknown values are V(none).
    - After a task that failed because of O(max_changes), C(status) and C(after) show the plan, and C(changed) is always false, because
      nothing was written.
  returned: success, and failure because of refused users, of O(max_changes) or of a write
  type: list
  elements: dict
  contains:
    identity:
      description: The requested identity.
      returned: O(identities) or O(users) is given
      type: str
      sample: anna@contoso.com
    id:
      description: The object id of the cloud user.
      returned: the record of O(users) has it
      type: str
      sample: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
    user_principal_name:
      description: The UPN. If the identity was not resolved and has the form of a UPN, the identity itself.
      returned: always
      type: str
      sample: anna@contoso.com
    sam_account_name:
      description: C(sAMAccountName).
      returned: always
      type: str
      sample: anna
    distinguished_name:
      description: The distinguished name.
      returned: always
      type: str
      sample: CN=Anna Smith,OU=Staff,DC=ad,DC=contoso,DC=com
    object_guid:
      description: C(objectGUID) with dashes.
      returned: always
      type: str
      sample: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    consistency_guid:
      description: C(mS-DS-ConsistencyGuid) after the task, with dashes if it has 16 bytes, otherwise in base64. V(none) if it is empty.
      returned: always
      type: str
      sample: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    source_anchor:
      description: The attribute that the ImmutableId comes from.
      returned: always
      type: str
      sample: mS-DS-ConsistencyGuid
    immutable_id:
      description: The ImmutableId. V(none) if the attribute of O(source_anchor) is empty.
      returned: always
      type: str
      sample: 3jFgh7G/i0+csBxnpglNPg==
    mail:
      description: The mail address.
      returned: always
      type: str
      sample: anna@contoso.com
    proxy_addresses:
      description: C(proxyAddresses), sorted.
      returned: always
      type: list
      elements: str
      sample: ["SMTP:anna@contoso.com"]
    enabled:
      description: Whether the account is enabled. V(none) if it cannot be read.
      returned: always
      type: bool
      sample: true
    external_directory_object_id:
      description: C(msDS-ExternalDirectoryObjectId), which marks an account that Cloud Sync created.
      returned: always
      type: str
      sample: User_5a5c7e0e-2a4e-4e9b-9d6a-6b1b9e5f3c11
    object_soa:
      description: C(msDS-ObjectSoa), which is set if the cloud is the source of authority.
      returned: always
      type: str
      sample: Cloud
    object_sid:
      description: C(objectSid) as text. M(hybrid.identity.entra_sync_info) uses it to find out which account a sync matched.
      returned: always
      type: str
      sample: S-1-5-21-1004336348-1177238915-682003330-1104
    attributes:
      description:
        - The other attributes of the user that a sync would send to Entra ID, by name in snake case. Empty attributes are V(none).
      returned: O(with_attributes=true), for users that were found
      type: dict
      sample:
        display_name: Anna Smith
        job_title: Engineer
    status:
      description:
        - V(found) if the user is not changed, V(stamped) if C(mS-DS-ConsistencyGuid) was written or would be written.
        - V(missing), V(ambiguous), V(not_a_user) or V(system_account) for an identity that is not a user who can be matched.
        - V(refused) if the user is given twice or must not be written, V(failed) if the write failed.
      returned: always
      type: str
      sample: found
    before:
      description: C(mS-DS-ConsistencyGuid) before the task.
      returned: always
      type: str
      sample: null
    after:
      description: C(mS-DS-ConsistencyGuid) after the task, or what it would be in check mode.
      returned: always
      type: str
      sample: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    changed:
      description: Whether the user was changed, or would be.
      returned: always
      type: bool
      sample: true
    cause:
      description:
        - A stable identifier of the reason why the identity was not used or the user was not written.
        - For the input, V(no_such_object), V(several_objects), V(not_a_user), V(system_account), V(duplicate_identity),
          V(unreadable_object), and for O(users) V(no_immutable_id), V(malformed_immutable_id), V(malformed_object_guid), V(invalid_upn),
          V(value_wanted_twice) or V(deleted_user).
        - For a change, V(privileged_ad_account), V(cloud_managed_account), V(different_consistency_guid), and V(held_by_user),
          V(held_by_contact), V(held_by_group), V(held_by_computer) and similar causes if another object has the value.
        - For a write, V(changed_meanwhile), V(connection_lost), V(not_tried), V(interrupted), V(journal_failed), V(insufficient_rights) and
          other causes of LDAP operations.
      returned: always
      type: str
      sample: no_such_object
    reason:
      description: The reason as a sentence.
      returned: always
      type: str
      sample: null
table:
  description: The users as lines of text. Counts come first, then the users who need attention, with the reasons.
  returned: if RV(users) is returned
  type: list
  elements: str
  sample: ["unchanged                        41"]
summary:
  description: Number of users for each status, and their V(total).
  returned: success, and failure because of refused users, of O(max_changes) or of a write
  type: dict
  sample:
    found: 41
    stamped: 0
    missing: 1
    ambiguous: 0
    not_a_user: 0
    system_account: 0
    refused: 0
    failed: 0
    total: 42
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
  description: A stable identifier of the error of the connection or the directory.
  returned: failure of the connection or the directory
  type: str
  sample: wrong_password
result_code:
  description: The LDAP result code, if the server returned one.
  returned: failure of an LDAP operation
  type: int
  sample: 49
"""

from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.ad.protection import ProtectionTerms
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    PROTECTED_ACCOUNTS,
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import SOURCE_ANCHORS
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.ad_user_guid import JobTerms, manage_users
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.jobs import CloudJob, Job, QueryJob
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.lookup import SCOPES
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    OptionSpec,
    connection,
    journal_options,
    ldap_options,
    pick,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.certificates import warn_if_unchecked
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import LDAP3
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import journaled
from ansible_collections.hybrid.identity.plugins.module_utils._module.records_module import RecordsModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run

SEARCH = ("search_base", "search_filter", "upn_suffix")
WHOM = ("identities", "users")


def query_options() -> dict[str, OptionSpec]:
    return {
        "identities": {"type": "list", "elements": "str"},
        "search_base": {"type": "str"},
        "search_scope": {"type": "str", "choices": list(SCOPES), "default": "subtree"},
        "search_filter": {"type": "str"},
        "upn_suffix": {"type": "list", "elements": "str"},
    }


def chosen_job(params: dict[str, Any]) -> Job:
    """What the options ask for.

    :raises InputError: if they do not go together, or cannot be meant.
    """
    if params["replace"] and params["users"] is None:
        raise InputError("replace is only for the ImmutableIds in users. Set users, or remove replace.")
    if params["users"] is not None:
        if not params["stamp"]:
            raise InputError("users is only for writing. Set stamp to true, or use identities to read users.")
        return CloudJob(params["users"], params["replace"])
    return QueryJob(pick(params, query_options()), params["stamp"])


def manage(module: RecordsModule) -> dict[str, Any]:
    """Do the task."""
    params, check_mode = module.params, module.check_mode
    job = chosen_job(params)
    if not job.writes:
        warn_if_unchecked(module, params)
    terms = JobTerms(
        source_anchor=params["source_anchor"],
        with_attributes=params["with_attributes"],
        max_changes=params["max_changes"],
        max_refused=params["max_refused"],
        check_mode=check_mode,
        protection=ProtectionTerms(
            read_accepted_effects(params["accepted_effects"]), PROTECTED_ACCOUNTS in params["skip_checks"]
        ),
    )
    return journaled(
        params,
        lambda journal: manage_users(connection(params, ldap_options()), job, terms, journal),
        check_mode=check_mode,
    )


def main() -> None:
    module = RecordsModule(
        argument_spec={
            **ldap_options(),
            **query_options(),
            **journal_options(),
            "users": {"type": "list", "elements": "dict"},
            "source_anchor": {"type": "str", "choices": list(SOURCE_ANCHORS), "default": "auto"},
            "with_attributes": {"type": "bool", "default": False},
            "stamp": {"type": "bool", "default": False},
            "replace": {"type": "bool", "default": False},
            "max_changes": {"type": "str"},
            "accepted_effects": {"type": "dict", "default": {}},
            "skip_checks": {"type": "list", "elements": "str", "choices": [PROTECTED_ACCOUNTS], "default": []},
            "max_refused": {"type": "str", "default": "0"},
        },
        mutually_exclusive=[
            *((way, name) for way in WHOM for name in SEARCH),
            ("identities", "users"),
        ],
        required_by={"journal_run": ["journal"]},
        supports_check_mode=True,
        # People's records do not belong in the system's log, into which Ansible writes all arguments:
        # tests/upstream/test_ansible_core.py::test_records_go_to_the_system_log
        no_log=True,
    )
    run(module, (LDAP3,), lambda: manage(module))


if __name__ == "__main__":
    main()
