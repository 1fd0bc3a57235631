#!/usr/bin/python
# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ad_user_guid
short_description: Read and stamp the GUIDs and ImmutableIds of Active Directory users
version_added: 1.0.0
description:
  - Finds users in Active Directory, by a list of identities or by a search, and returns for each its GUID and the ImmutableId
    that a sync with Entra ID would give it. RV(users) can be handed as it is to M(hybrid.identity.entra_immutable_id).
  - With O(stamp=true) it also writes C(objectGUID) into an empty C(mS-DS-ConsistencyGuid), as Entra Connect itself would.
  - With O(users) it goes the other direction, for cloud users whose ImmutableId must stay as it is, and stamps that into
    C(mS-DS-ConsistencyGuid) of their AD accounts.
  - What it writes can be journaled, and put back with M(hybrid.identity.rollback).
  - A search returns people's accounts alone, never computers, managed service accounts, trusts, contacts, replication
    conflicts, or the accounts that the default rules of Entra Connect leave out.
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
      - Users by UPN, mail address, C(sAMAccountName), distinguished name or GUID, in any mixture. All of them are taken
        literally, and a blank at either end is an error. UPNs and mail addresses are compared without the case of A to Z, the
        other names as Active Directory does it.
      - They are looked up in the domain of O(server), in bulk.
    type: list
    elements: str
  search_base:
    description:
      - Distinguished name below which to search. Without it, the whole domain of O(server).
      - Without O(identities), all of the conditions that are given must hold; without any, every user of the domain is returned.
    type: str
  search_scope:
    description:
      - How far below O(search_base) to search.
    type: str
    choices: [base, one_level, subtree]
    default: subtree
  search_filter:
    description:
      - An LDAP filter that the users must match, besides the conditions that every search has.
    type: str
  upn_suffix:
    description:
      - UPN suffixes, of which the users' UPNs must carry one.
    type: list
    elements: str
  users:
    description:
      - Records of cloud users whose ImmutableIds O(stamp=true) is to write into C(mS-DS-ConsistencyGuid) of their AD
        accounts, in place of the accounts' own C(objectGUID).
      - Each names its AD account by C(object_guid), or else by C(user_principal_name), which is compared with the UPN alone,
        without the case of A to Z, and has the ImmutableId of the cloud user as C(immutable_id), which must hold 16 bytes.
      - What M(hybrid.identity.entra_immutable_id) and M(hybrid.identity.entra_user_info) return as C(users) is taken as it is.
        In a result of M(hybrid.identity.entra_immutable_id) the value of the cloud user is C(after).
      - A value that another object of the domain of O(server) already has as C(mS-DS-ConsistencyGuid) or C(objectGUID) is
        refused, unless the same task gives that object another one.
      - An empty list is fine and does nothing.
    type: list
    elements: dict
  source_anchor:
    description:
      - The attribute that the ImmutableId is made from.
      - V(auto) takes C(mS-DS-ConsistencyGuid) where it holds a value and C(objectGUID) elsewhere, as Entra Connect does.
      - With V(mS-DS-ConsistencyGuid), a user in whom it is empty has no ImmutableId yet.
    type: str
    choices: [auto, objectGUID, mS-DS-ConsistencyGuid]
    default: auto
  with_attributes:
    description:
      - Read also the attributes that a sync sends to Entra ID, as C(attributes) of each user.
    type: bool
    default: false
  stamp:
    description:
      - Write C(mS-DS-ConsistencyGuid) where it is empty, with the ImmutableId of the cloud user for O(users), and with
        C(objectGUID) elsewhere. A value that is there is never changed, unless O(replace=true).
      - An account that Cloud Sync made, and that the cloud owns, is refused.
    type: bool
    default: false
  replace:
    description:
      - Whether another C(mS-DS-ConsistencyGuid) may be replaced by the ImmutableId of O(users). Otherwise such an account is
        refused. A value that changes while the task runs is never overwritten.
      - An account that is synchronised already keeps the source anchor with which its sync client read it first; a change makes
        its exports fail. Take it out of the scope of the sync first.
    type: bool
    default: false
  max_changes:
    description:
      - How many users the task may change at most, as a count such as V(20) or as a percentage such as V(5%) of the users it
        looks at. If it were more, the task fails before the first write.
    type: str
  accepted_effects:
    description:
      - What else a match may bring about, which is refused otherwise, as lists of UPNs by effect. Neither can be accepted for
        everybody at once.
      - V(privileged_ad_account), O(stamp=true) writes to an account that is protected in Active Directory. Such are the members,
        nested ones too, of Domain Admins, Enterprise Admins, Schema Admins, Administrators, Account, Backup, Server and Print
        Operators, Group Policy Creator Owners, Key Admins, Enterprise Key Admins, Cert Publishers, Protected Users, DnsAdmins and
        ADSyncAdmins, by their primary group and C(sIDHistory) too; accounts with C(adminCount), with rights to replicate the
        domain, or trusted for delegation; and the account of O(username) itself.
      - V(foreign_anchor) is of use only in M(hybrid.identity.match_plan), and is taken here so that both can be given the same
        value.
    type: dict
    default: {}
  skip_checks:
    description:
      - Checks that are left out, since you vouch for what they would find. V(protected_accounts) is needed where the account of
        O(username) may not read the access list of the domain.
    type: list
    elements: str
    choices: [protected_accounts]
    default: []
  max_refused:
    description:
      - How many users may be refused while the task goes on with the others, as a count such as V(20) or as a percentage of the users it looks at
        such as V(5%). If more are, the task fails before anything is written. RV(users) says why each was.
      - An identity counts as refused if it is missing, ambiguous, no user, a system account or given twice, and a user who must not be stamped.
    type: str
    default: "0"
notes:
  - A sync with Entra ID has to use C(mS-DS-ConsistencyGuid) as its source anchor, the default of Entra Connect since 1.1.524.0,
    for a stamped value to count.
seealso:
  - module: hybrid.identity.entra_immutable_id
  - module: hybrid.identity.match_plan
  - module: hybrid.identity.ad_upn_suffix
author:
  - hybrid.identity contributors (@hybrid-identity)
"""

EXAMPLES = r"""
- name: Read all users that sign in with contoso.com
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    upn_suffix: [contoso.com]
  register: ad_users

- name: Read some users, however they are named
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    auth_protocol: kerberos
    identities:
      - anna@contoso.com
      - bob
      - CN=Carol King,OU=Staff,DC=ad,DC=contoso,DC=com
      - 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    max_refused: 100%

- name: Stamp the users of one department, and see which
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

- name: Give their AD accounts the ImmutableIds of the cloud
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    users: "{{ cloud_users.users | selectattr('immutable_id') }}"
    stamp: true
    max_changes: 5%
    journal: /var/lib/hybrid/journal.jsonl
  register: stamped

- name: Give one AD account a known ImmutableId in place of another value
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
    - One item a user. For O(identities) and O(users) they stand in the order asked. Those of a search are sorted by UPN, then
      by distinguished name.
    - An identity that is no user to match has V(none) for all that is not known of it.
    - After a task that failed because of O(max_changes), C(status) and C(after) show the plan, and C(changed) is false
      throughout, since nothing was written.
  returned: success, and failure because of refused users, of O(max_changes) or of a write
  type: list
  elements: dict
  contains:
    identity:
      description: What was asked for.
      returned: O(identities) or O(users) is given
      type: str
      sample: anna@contoso.com
    id:
      description: The object id of the cloud user.
      returned: the record of O(users) has it
      type: str
      sample: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
    user_principal_name:
      description: The UPN. For an identity that was not resolved, the identity itself if it has the form of a UPN.
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
      description: C(objectGUID) in its dashed form.
      returned: always
      type: str
      sample: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    consistency_guid:
      description: C(mS-DS-ConsistencyGuid) after the task, dashed where it holds 16 bytes, base64 otherwise; V(none) where it is empty.
      returned: always
      type: str
      sample: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    source_anchor:
      description: The attribute that the ImmutableId comes from.
      returned: always
      type: str
      sample: mS-DS-ConsistencyGuid
    immutable_id:
      description: The ImmutableId; V(none) where the attribute asked for by O(source_anchor) is empty.
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
      description: Whether the account is enabled; V(none) where it cannot be read.
      returned: always
      type: bool
      sample: true
    external_directory_object_id:
      description: C(msDS-ExternalDirectoryObjectId), by which Cloud Sync marks an account that it made.
      returned: always
      type: str
      sample: User_5a5c7e0e-2a4e-4e9b-9d6a-6b1b9e5f3c11
    object_soa:
      description: C(msDS-ObjectSoa), which is set where the cloud is the source of authority.
      returned: always
      type: str
      sample: Cloud
    object_sid:
      description: C(objectSid) as text. By it M(hybrid.identity.entra_sync_info) knows which account a sync joined.
      returned: always
      type: str
      sample: S-1-5-21-1004336348-1177238915-682003330-1104
    attributes:
      description:
        - What a sync would send of the user to Entra ID, besides the keys above, by name in snake case; V(none) for
          what is empty.
      returned: O(with_attributes=true), for users that were found
      type: dict
      sample:
        display_name: Anna Smith
        job_title: Engineer
    status:
      description:
        - V(found) for a user who is left as found, V(stamped) where C(mS-DS-ConsistencyGuid) was written or would be.
        - V(missing), V(ambiguous), V(not_a_user) or V(system_account) for an identity that is no user to match.
        - V(refused) for a user that is given twice or must not be stamped, V(failed) for one whose write failed.
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
        - A stable identifier of why the user was not taken or not written.
        - Of what was asked for, V(no_such_object), V(several_objects), V(not_a_user), V(system_account),
          V(duplicate_identity), V(unreadable_object), and for O(users) V(no_immutable_id), V(malformed_immutable_id), V(malformed_object_guid),
          V(invalid_upn), V(value_wanted_twice) or V(deleted_user).
        - Of a change, V(privileged_ad_account), V(cloud_managed_account), V(different_consistency_guid), and V(held_by_user),
          V(held_by_contact), V(held_by_group), V(held_by_computer) and the like where another object has the value.
        - Of a write, V(changed_meanwhile), V(connection_lost), V(not_tried), V(interrupted), V(journal_failed), V(insufficient_rights) and
          others that an LDAP operation may have.
      returned: always
      type: str
      sample: no_such_object
    reason:
      description: The same as a sentence.
      returned: always
      type: str
      sample: null
table:
  description: The users in lines for people. Counts come first, then the users who need attention, with the reasons.
  returned: when RV(users) is
  type: list
  elements: str
  sample: ["unchanged                        41"]
summary:
  description: How many users have each status, and V(total).
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
  description: A stable identifier of what went wrong with the connection or the directory.
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
