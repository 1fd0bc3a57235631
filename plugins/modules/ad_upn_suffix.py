#!/usr/bin/python
# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ad_upn_suffix
short_description: Manage the UPN suffixes of an Active Directory forest
version_added: 1.0.0
description:
  - Adds UPN suffixes to an Active Directory forest and removes them, so that users can have the names with which they sign in to Entra ID.
  - Reads and writes C(uPNSuffixes) of C(CN=Partitions) in the configuration naming context. Only the values that change are written, never
    the whole list, so changes by other programs are not lost.
  - The DNS domains of the forest are always suffixes, so they are not added to the list.
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
  suffixes:
    description:
      - DNS names such as V(contoso.com). Case is ignored. A suffix that is already listed keeps its spelling.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(present) adds missing suffixes. V(absent) removes listed suffixes.
      - V(exact) makes the list equal to O(suffixes). An empty list removes all suffixes. If the list contains a domain of the forest, it is
        not removed.
    type: str
    choices: [present, absent, exact]
    default: present
  force:
    description:
      - Remove suffixes that users still have. Without this option, the task fails, reports how many users have them, and removes nothing.
      - In a forest with several domains, the users are counted at the global catalog of the same server.
    type: bool
    default: false
seealso:
  - module: hybrid.identity.ad_user_guid
author:
  - hybrid.identity contributors (@hybrid-identity)
"""

EXAMPLES = r"""
- name: Let users sign in with the domains of the tenant
  hybrid.identity.ad_upn_suffix:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    suffixes:
      - contoso.com
      - fabrikam.com

- name: Remove a suffix that no user has any more
  hybrid.identity.ad_upn_suffix:
    server: [dc1.ad.contoso.com, dc2.ad.contoso.com]
    auth_protocol: kerberos
    suffixes: [old.contoso.com]
    state: absent

- name: Show what would change if the forest had only these suffixes
  hybrid.identity.ad_upn_suffix:
    server: dc1.ad.contoso.com
    username: administrator@ad.contoso.com
    password: "{{ vault_ad_password }}"
    suffixes: [contoso.com]
    state: exact
  check_mode: true
  diff: true
"""

RETURN = r"""
suffixes:
  description: The listed suffixes after the task, or what they would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [contoso.com, fabrikam.com]
before:
  description: The listed suffixes before the task.
  returned: success
  type: list
  elements: str
  sample: [contoso.com]
added:
  description: The suffixes that were added, or would be.
  returned: success
  type: list
  elements: str
  sample: [fabrikam.com]
removed:
  description: The suffixes that were removed, or would be, in their stored spelling.
  returned: success
  type: list
  elements: str
  sample: []
implicit:
  description: The requested suffixes that are DNS domains of the forest, and therefore do not need to be listed.
  returned: success
  type: list
  elements: str
  sample: [ad.contoso.com]
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
in_use:
  description: Number of users for each suffix to remove.
  returned: refusal to remove suffixes in use
  type: dict
  sample:
    fabrikam.com: 12
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._ldap.suffixes.ad_upn_suffix import manage_suffixes
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import connection, ldap_options
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import LDAP3
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run


def main() -> None:
    options = ldap_options()
    module = AnsibleModule(
        argument_spec={
            **options,
            "suffixes": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    run(
        module,
        (LDAP3,),
        lambda: manage_suffixes(
            connection(params, options),
            params["suffixes"],
            params["state"],
            force=params["force"],
            check_mode=module.check_mode,
        ),
    )


if __name__ == "__main__":
    main()
