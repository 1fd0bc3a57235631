#!/usr/bin/python
# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ad_user_guid
short_description: Read the GUIDs and ImmutableIds of Active Directory users
version_added: 1.0.0
description:
  - Finds users in Active Directory, by a list of identities or by a search, and returns for each its GUID and the ImmutableId
    that a sync with Entra ID would give it. RV(users) can be handed as it is to M(hybrid.identity.entra_immutable_id).
  - With O(stamp=true) it also writes C(objectGUID) into an empty C(mS-DS-ConsistencyGuid), as Entra Connect itself would.
  - A search returns people's accounts alone, never computers, managed service accounts, trusts, contacts, replication
    conflicts, or the accounts that the default rules of Entra Connect leave out.
extends_documentation_fragment:
  - hybrid.identity.ldap
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
        literally.
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
      - Read also the attributes that a sync sends to Entra ID, as C(attributes) of each user, so that
        M(hybrid.identity.entra_match_info) can say what a match would overwrite.
    type: bool
    default: false
  stamp:
    description:
      - Write C(objectGUID) into C(mS-DS-ConsistencyGuid) where that is empty. A value that is there is never changed.
      - An account that Cloud Sync made, and that the cloud owns, is refused.
    type: bool
    default: false
  on_refused:
    description:
      - What to do where an identity is missing, ambiguous, no user, a system account or given twice, or a user must not be
        stamped.
      - V(fail) fails the task before anything is written; V(skip) goes on with the others and says why in RV(users).
    type: str
    choices: [fail, skip]
    default: fail
seealso:
  - module: hybrid.identity.entra_immutable_id
  - module: hybrid.identity.entra_match_info
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
    on_refused: skip

- name: Stamp the users of one department, and see which
  hybrid.identity.ad_user_guid:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    search_base: OU=Staff,DC=ad,DC=contoso,DC=com
    search_filter: (department=Sales)
    stamp: true
  diff: true
"""

RETURN = r"""
users:
  description:
    - One item a user. For O(identities) they stand in the order asked; those of a search are sorted by UPN, then by
      distinguished name.
    - An identity that is no user to match has V(none) for all that is not known of it.
  returned: success, and failure because of refused users or of a write
  type: list
  elements: dict
  contains:
    identity:
      description: What was asked for.
      returned: O(identities) is given
      type: str
      sample: anna@contoso.com
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
        - V(found), or V(stamped) where C(mS-DS-ConsistencyGuid) was written or would be.
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
      description: A stable identifier of why the user was not taken or not written.
      returned: always
      type: str
      sample: no_such_object
    reason:
      description: The same as a sentence.
      returned: always
      type: str
      sample: null
summary:
  description: How many users have each status, and V(total).
  returned: success, and failure because of refused users or of a write
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
cause:
  description: A stable identifier of what went wrong with the connection or the directory.
  returned: failure of the connection or the directory
  type: str
  sample: wrong_password
result_code:
  description: The LDAP result code, where a server gave one.
  returned: failure of an LDAP operation
  type: int
  sample: 49
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._identity.anchors import SOURCE_ANCHORS
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users import SCOPES, manage_users
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import OptionSpec, ldap_options, pick
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import LDAP3
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run


def main() -> None:
    connection = ldap_options()
    query: dict[str, OptionSpec] = {
        "identities": {"type": "list", "elements": "str"},
        "search_base": {"type": "str"},
        "search_scope": {"type": "str", "choices": list(SCOPES), "default": "subtree"},
        "search_filter": {"type": "str"},
        "upn_suffix": {"type": "list", "elements": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            **connection,
            **query,
            "source_anchor": {"type": "str", "choices": list(SOURCE_ANCHORS), "default": "auto"},
            "with_attributes": {"type": "bool", "default": False},
            "stamp": {"type": "bool", "default": False},
            "on_refused": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
        },
        mutually_exclusive=[("identities", name) for name in ("search_base", "search_filter", "upn_suffix")],
        supports_check_mode=True,
    )
    params = module.params
    run(
        module,
        (LDAP3,),
        lambda: manage_users(
            pick(params, connection),
            pick(params, query),
            source_anchor=params["source_anchor"],
            with_attributes=params["with_attributes"],
            stamp=params["stamp"],
            skip_refused=params["on_refused"] == "skip",
            check_mode=module.check_mode,
        ),
    )


if __name__ == "__main__":
    main()
