#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_user_info
short_description: Read the users of Entra ID who may need accounts in Active Directory
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Reads cloud users with all values that an account in Active Directory can have, and writes them to a file, which
    M(hybrid.identity.ad_user) reads. For a few users, you can pass RV(users) to it instead.
  - Users who are or were synchronised are not in the result unless you request them. Guests, users without a licence, users whose mailbox
    is shared or belongs to a room or to equipment, and users that O(exclude) excludes are in the result as V(left_out).
  - It changes nothing.
extends_documentation_fragment:
  - hybrid.identity.graph
  - hybrid.identity.exclude
  - hybrid.identity.run_file
  - hybrid.identity.attributes
  - hybrid.identity.attributes.entra
attributes:
  check_mode:
    support: full
    details: It only reads, also in check mode. It writes the file of O(save_to), which does not count as a change.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  identities:
    description:
      - User principal names or object ids of the users to read. Without this option, all users are read.
      - A value with an C(@) is a user principal name, a GUID an object id. Only the case of A to Z is ignored.
      - These users must also meet all other conditions of the task. Users who do not are V(left_out).
    type: list
    elements: str
  domains:
    description:
      - Domains. The user principal names of the users must end with one of them.
    type: list
    elements: str
    default: []
  groups:
    description:
      - Groups, by object id or display name (in which only the case of A to Z is ignored). The users must be members of one of them,
        directly or through other groups. If several groups have the display name, the task fails and lists their object ids.
      - A group must have assigned members. A dynamic group is refused, because its members depend on attributes of users.
      - The app then also needs the application permission C(GroupMember.Read.All).
    type: list
    elements: str
    default: []
  user_types:
    description:
      - The types of users to read.
    type: list
    elements: str
    choices: [member, guest]
    default: [member]
  sync_states:
    description:
      - The users to read by their C(onPremisesSyncEnabled), which has three values.
      - V(cloud) are users who exist only in the cloud, V(synced) are synchronised users, V(formerly_synced) are users who were synchronised
        before.
    type: list
    elements: str
    choices: [cloud, synced, formerly_synced]
    default: [cloud]
  enabled:
    description:
      - Whether to read only enabled users or only disabled users. Without this option, both are read.
    type: bool
  include_unlicensed:
    description:
      - Whether to read users without a licence. Licences that are assigned to the user directly or through a group count.
      - Shared and room mailboxes need no licence in most cases, so this also prevents accounts for them.
    type: bool
    default: false
  on_missing:
    description:
      - What to do if one of O(identities) does not exist, or does not meet the conditions.
      - V(skip) reports it in RV(users), V(fail) fails the task.
    type: str
    choices: [skip, fail]
    default: skip
  save_to:
    description:
      - The path of a file on the controller for the users, which M(hybrid.identity.ad_user) reads. An existing file of a run is replaced.
        With this option, RV(users) is not returned.
      - By default, the file is in the temporary folder of C(ansible-playbook), which is removed when the run ends. With O(identities), no
        file is written by default.
    type: path
  note:
    description:
      - A text for the file, such as the number of a change request.
      - At most 500 characters are kept. Do not use secrets.
    type: str
notes:
  - The app needs the application permission C(User.Read.All).
  - To read what a mailbox is for, the app needs the application permission C(MailboxSettings.Read). The module reads this for each user in
    the result who has an address, 20 users in a request. Without the permission, RV(caveats) says so, and the users count as people.
seealso:
  - module: hybrid.identity.ad_user
  - name: List users
    description: The request that the module sends.
    link: https://learn.microsoft.com/graph/api/user-list
"""

EXAMPLES = r"""
# Connection options are left out here: set them once, for group/hybrid.identity.entra in module_defaults, or in the
# environment.
- name: Read all users who are only in the cloud into a file
  hybrid.identity.entra_user_info:
    save_to: /var/lib/hybrid-identity/users.jsonl

- name: Read the enabled members of a group who sign in with contoso.com
  hybrid.identity.entra_user_info:
    groups: [All sales]
    domains: [contoso.com]
    enabled: true
  register: sales

- name: Read two users
  hybrid.identity.entra_user_info:
    identities:
      - adele.vance@contoso.com
      - alex.wilber@contoso.com
    on_missing: fail
"""

RETURN = r"""
users_file:
  description: The path of the file with the users.
  returned: success, if there is one
  type: str
  sample: /var/lib/hybrid-identity/20261129T101500Z-localhost-3f2a1b/accounts-users.jsonl
users_sha256:
  description: The SHA-256 hash of the file.
  returned: success, if there is one
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
run:
  description: The name of the run.
  returned: success, if there is a file
  type: str
  sample: 20261129T101500Z-3f2a1b
tenant:
  description: The id of the tenant.
  returned: success, and failure because of O(on_missing)
  type: str
  sample: 9d1c7f0a-53c4-4b8e-8f0e-2f6a1d7c4e11
users:
  description:
    - The users who meet O(domains), O(groups), O(sync_states) and O(enabled), sorted by user principal name. Users who are not people with
      a licence are included as V(left_out).
    - For O(identities), one item for each identity, in the given order.
  returned: success without a file, and failure because of O(on_missing)
  type: list
  elements: dict
  contains:
    identity:
      description: The requested identity.
      returned: O(identities) is given
      type: str
      sample: adele.vance@contoso.com
    id:
      description: The object id.
      returned: always
      type: str
      sample: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
    user_principal_name:
      description: The user principal name.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    immutable_id:
      description: The ImmutableId. Null if there is none.
      returned: always
      type: str
      sample: null
    sync_enabled:
      description: V(true) for a synchronised user, V(false) for a user who is no longer synchronised, null for a cloud user.
      returned: always
      type: bool
      sample: null
    enabled:
      description: Whether the user is enabled.
      returned: always
      type: bool
      sample: true
    user_type:
      description: V(member) or V(guest).
      returned: always
      type: str
      sample: member
    mail:
      description: The mail address.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    proxy_addresses:
      description: All addresses, the primary one with C(SMTP:) in capitals.
      returned: always
      type: list
      elements: str
      sample: ["SMTP:adele.vance@contoso.com", "smtp:adele@contoso.com"]
    manager:
      description: The manager. Null if there is none.
      returned: always
      type: dict
      sample:
        id: 0f9fd3c4-4d29-4a9e-9a5b-5b6a0d6c1f11
        user_principal_name: alex.wilber@contoso.com
    display_name:
      description:
        - The display name. The following values are returned in the same way, and are null if empty, C(given_name), C(surname),
          C(mail_nickname), C(job_title), C(department), C(company_name), C(office_location), C(business_phone), C(mobile_phone),
          C(fax_number), C(street_address), C(city), C(state), C(postal_code), C(country), C(employee_id), C(employee_type),
          C(preferred_language), C(usage_location), and C(extension_attribute_1) to C(extension_attribute_15).
      returned: always
      type: str
      sample: Adele Vance
    status:
      description: V(found) or V(left_out); for O(identities) also V(not_found).
      returned: always
      type: str
      sample: found
    changed:
      description: Always V(false).
      returned: always
      type: bool
      sample: false
    cause:
      description:
        - A stable identifier of the reason why a user is left out, else null. V(user_type) for a guest, V(unlicensed), V(shared_mailbox),
          V(room_mailbox), V(equipment_mailbox), V(excluded_user), V(excluded_group), and V(unreadable_user) if Graph's answer is not as
          documented.
        - For O(identities) also V(no_cloud_user), or the condition that is not met, V(sync_state), V(enabled), V(domain), V(group).
      returned: always
      type: str
      sample: null
    reason:
      description: The reason as a sentence, else null.
      returned: always
      type: str
      sample: null
table:
  description: The users as lines of text. Counts come first, then the users who need attention, with the reasons.
  returned: success, and failure because of O(on_missing)
  type: list
  elements: str
  sample: ["unchanged                        41"]
prospects:
  description:
    - Which users would get an account in Active Directory according to Entra ID, and which users cannot get one because of their user
      principal name, as lines of text. Each line lists the first 20 users.
    - Users who are left out only because of their domain are listed here, but not in RV(users).
  returned: success, and failure because of O(on_missing)
  type: list
  elements: str
  sample:
    - "2 users would get an account: adele.vance@contoso.com, alex.wilber@contoso.com."
    - >-
      1 user would not get an account, because the UPN is not in the domain contoso.com: bert@contoso.onmicrosoft.com. Change the UPN to
      the domain first.
summary:
  description: Number of RV(users) by status, including zeros, and in total.
  returned: success, and failure because of O(on_missing)
  type: dict
  sample:
    found: 41
    left_out: 0
    not_found: 1
    total: 42
without_users:
  description:
    - The groups of O(groups) that have no users as members, by the given names. Without O(groups) and O(identities), the domains of
      O(domains), in lower case, that no user has.
    - Users count here regardless of their type, licence or synchronisation. If O(enabled) is set, only users who meet it count for domains.
  returned: success, and failure because of O(on_missing)
  type: list
  elements: str
  sample: []
password_hash_sync:
  description:
    - Whether password hash synchronization is on for the tenant, as O(hybrid.identity.ad_user#module:password_hash_sync) takes it. Null if
      the app may not read it. Microsoft documents the permission only for a signed-in Global Administrator.
  returned: success, and failure because of O(on_missing)
  type: bool
  sample: null
caveats:
  description: Data that could not be read, each in one sentence that says what to do.
  returned: success, and failure because of O(on_missing)
  type: list
  elements: str
  sample: []
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
  returned: if users were requested by name, id or group
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

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_user_info import Question
from ansible_collections.hybrid.identity.plugins.module_utils._graph.entra_user_info import run as read_users
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import USERS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.scope.exclusions import read_exclusions
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.user_choice import (
    CLOUD,
    MEMBER,
    SYNC_STATES,
    USER_TYPES,
    Choice,
    read_domains,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    connection,
    exclude_option,
    graph_options,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import run_name
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import (
    check_run_file,
    make_header,
    write_run_file,
)


def question(params: dict[str, Any]) -> Question:
    """What the options ask for."""
    choice = Choice(
        domains=read_domains(params["domains"]),
        user_types=frozenset(params["user_types"]),
        sync_states=frozenset(params["sync_states"]),
        enabled=params["enabled"],
        with_unlicensed=params["include_unlicensed"],
    )
    return Question(
        choice,
        params["identities"],
        params["groups"],
        params["on_missing"] == "skip",
        read_exclusions(params["exclude"]),
        with_hash_sync=True,
    )


SCOPE = ("identities", "domains", "groups", "exclude", "user_types", "sync_states", "enabled", "include_unlicensed")
"""The options that say whom a file is about."""


def read(params: dict[str, Any], options: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Read the users and return the module's result; with ``save_to``, the users are in a file and not in it."""
    path = params["save_to"]
    if path is None:
        return read_users(options, question(params), watch)
    check_run_file("save_to", path)
    name = run_name(params["run"])
    result = read_users(options, question(params), watch)
    users, tenant = result.pop("users"), result["tenant"]
    header = make_header(
        USERS,
        "entra_user_info",
        name,
        params,
        tenant=tenant,
        domain=None,
        scope={option: params[option] for option in SCOPE if params[option]},
        terms={},
        facts={fact: result[fact] for fact in ("summary", "caveats", "password_hash_sync")},
    )
    return {**result, "users_file": path, "users_sha256": write_run_file("save_to", path, header, users), "run": name}


def main() -> None:
    options = graph_options()
    module = AnsibleModule(
        argument_spec={
            **options,
            "identities": {"type": "list", "elements": "str"},
            "domains": {"type": "list", "elements": "str", "default": []},
            "groups": {"type": "list", "elements": "str", "default": []},
            "exclude": exclude_option(),
            "user_types": {"type": "list", "elements": "str", "choices": list(USER_TYPES), "default": [MEMBER]},
            "sync_states": {"type": "list", "elements": "str", "choices": list(SYNC_STATES), "default": [CLOUD]},
            "enabled": {"type": "bool"},
            "include_unlicensed": {"type": "bool", "default": False},
            "on_missing": {"type": "str", "choices": ["skip", "fail"], "default": "skip"},
            "save_to": {"type": "path"},
            "run": {"type": "str"},
            "note": {"type": "str"},
        },
        supports_check_mode=True,
    )
    watch = Watch(progress_report())
    run(
        module,
        GRAPH,
        lambda: read(module.params, connection(module.params, options), watch),
        watch.facts,
    )


if __name__ == "__main__":
    main()
