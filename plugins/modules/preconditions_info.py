#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preconditions_info
short_description: Check what a run needs of Active Directory, Entra ID and the controller
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Checks everything that a run needs before it starts. Each check is fine, wrong or unknown, and says what to do.
  - The checks are independent. If a check fails, the module still makes all other checks that are possible.
  - Rights in Active Directory are read, not tried. The module writes nothing, neither in the directories nor on the controller.
  - It signs in to Active Directory once, because each wrong password counts towards the lockout of the account.
  - The playbook C(hybrid.identity.doctor) also reads the Entra Connect servers and passes the results to this module.
extends_documentation_fragment:
  - hybrid.identity.ldap
  - hybrid.identity.graph
  - hybrid.identity.exclude
  - hybrid.identity.attributes
  - hybrid.identity.attributes.both
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  stages:
    description: The stages of the run. The module checks only what these stages need.
    type: list
    elements: str
    choices: [upn_suffixes, accounts, hard_match, sync]
    default: [upn_suffixes, hard_match, sync]
  domains:
    description: The domains of the tenant that users have, or will have, in their user principal names.
    type: list
    elements: str
    default: []
  paths:
    description: The distinguished names of the organizational units in which the stage V(accounts) will create accounts.
    type: list
    elements: str
    default: []
  scope:
    description:
      - The AD users in the scope of the run, as in M(hybrid.identity.match_plan).
      - The module reads the rights on up to 20 of them. Global Administrators in the scope do not count as emergency accounts.
    type: dict
    suboptions:
      users:
        description: User principal names.
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
        description: The members of a group, as in M(hybrid.identity.match_plan).
        type: str
      all:
        description: Set to V(true) for all users of the domain.
        type: bool
  write_consistency_guid:
    description: Whether the run will write C(mS-DS-ConsistencyGuid), as in M(hybrid.identity.match_plan).
    type: str
    choices: [never, from_guid, from_cloud]
    default: never
  source_anchor:
    description: The attribute that the sync engine makes ImmutableIds from, as in M(hybrid.identity.match_plan).
    type: str
    choices: [auto, objectGUID, mS-DS-ConsistencyGuid]
    default: auto
  run_folder:
    description: The folder on the controller for the files of the runs.
    type: path
  connect_servers:
    description:
      - The result of M(hybrid.identity.entra_connect_info) for each Entra Connect server, as a loop registers it, with the name of the
        server in C(item). If a server could not be read, C(msg) says why.
    type: list
    elements: dict
    default: []
notes:
  - The module cannot check the right to set passwords, because no attribute shows it. If the right is missing, the creation of an account
    fails.
  - A user who is only eligible to activate the role Global Administrator does not count as an emergency account.
seealso:
  - module: hybrid.identity.match_plan
  - module: hybrid.identity.entra_connect_info
  - name: Manage emergency access accounts in Microsoft Entra ID
    description: Why a tenant needs two or more of them.
    link: https://learn.microsoft.com/entra/identity/role-based-access-control/security-emergency-access
"""

EXAMPLES = r"""
# Set the connection options once: in module_defaults for group/hybrid.identity.ad and group/hybrid.identity.entra, or in the
# environment.
- name: Check what a hard match needs
  hybrid.identity.preconditions_info:
    stages: [upn_suffixes, hard_match]
    domains: [contoso.com]
    scope:
      upn_suffixes: [contoso.com]
    run_folder: /var/lib/hybrid-identity
  register: doctor

- name: Show the checks
  ansible.builtin.debug:
    var: doctor.table

- name: Stop if something is wrong
  ansible.builtin.assert:
    that: not doctor.verdict
    fail_msg: "{{ doctor.verdict }}"
"""

RETURN = r"""
checks:
  description: The checks, in the order in which they are made.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description:
        - The name of the check, for programs. With several servers or organizational units, several checks have the same name.
        - The checks of Active Directory are V(ad_options), V(ad_name) (DNS), V(ad_port), V(ad_tls), V(ad_clock), V(ad_sign_in),
          V(ad_forest), V(ad_upn_suffixes), V(ad_write_upn_suffixes), V(ad_create_users), V(ad_write_accounts) and
          V(ad_write_consistency_guid).
        - The checks of Entra ID are V(entra_options), V(entra_reached), V(entra_tenant), V(entra_sign_in), V(entra_consent),
          V(entra_permissions_accounts), V(entra_permissions_hard_match), V(entra_permissions_sync), V(entra_permissions_more),
          V(entra_clock), V(entra_domains) and V(entra_administrators).
        - The checks of Entra Connect are V(connect_server), V(connect_export), V(connect_scheduler) and V(connect_source_anchor).
        - The checks of the controller are V(run_folder) and V(disk_space). V(scope) and V(exclude) are returned only if the option is
          wrong.
      returned: always
      type: str
      sample: ad_port
    status:
      description: V(fine), V(wrong), or V(unknown) if it could not be checked.
      returned: always
      type: str
      sample: wrong
    finding:
      description: The result of the check, in one sentence.
      returned: always
      type: str
      sample: dc1.ad.contoso.com:636 refuses the connection, so no service listens there.
    advice:
      description: What to do. Empty if the check is fine.
      returned: always
      type: str
      sample: Check port and tls_mode.
table:
  description: The checks as lines of text, one line for each check, followed by what to do.
  returned: success
  type: list
  elements: str
  sample: ["fine     ad_name  DNS resolves dc1.ad.contoso.com to 192.0.2.10."]
verdict:
  description: Which checks are wrong, in one sentence. Empty if no check is wrong.
  returned: success
  type: str
  sample: ""
waited_seconds:
  description: How long requests waited because Microsoft Graph asked for it.
  returned: always
  type: float
  sample: 0.0
trace:
  description:
    - The origin of an unexpected exception, one frame per line, without its text and without values.
    - Report it.
  returned: if an unexpected exception occurred
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import IdentityError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import SOURCE_ANCHORS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.scope.exclusions import (
    NOBODY_EXCLUDED,
    read_exclusions,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.checks import (
    HARD_MATCH,
    STAGES,
    SYNC,
    UPN_SUFFIXES,
    Check,
    by_error,
    table,
    verdict,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preconditions.run_folder import (
    check_folder,
    check_space,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.users.scope import Scope
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    connection,
    exclude_option,
    graph_options,
    ldap_options,
    scope_option,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.certificates import warn_if_unchecked
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH, LDAP3
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import current_time
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_folder import new_run, read_space
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_host import run_host
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.doctor.examine import examine
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.doctor.question import Question
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.match_changes import NEVER, WAYS

T = TypeVar("T")


def examine_estate(params: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Make all checks, and return the module's result."""
    checks: list[Check] = []
    given = params["scope"]
    scope = _read(checks, "scope", None, lambda: Scope.from_option(given) if given else None)
    exclusions = _read(checks, "exclude", NOBODY_EXCLUDED, lambda: read_exclusions(params["exclude"]))
    question = Question(
        stages=params["stages"],
        domains=params["domains"],
        paths=params["paths"],
        scope=scope,
        exclusions=exclusions,
        write_consistency_guid=params["write_consistency_guid"],
        source_anchor=params["source_anchor"],
        connect_servers=params["connect_servers"],
    )
    ldap, graph = connection(params, ldap_options()), connection(params, graph_options())
    found, users = examine(ldap, graph, question, current_time, watch)
    checks += [*found, *_check_run_folder(params["run_folder"], users)]
    return {
        "changed": False,
        "checks": [check.record() for check in checks],
        "table": table(checks),
        "verdict": verdict(checks),
    }


def _read(checks: list[Check], option: str, default: T, read: Callable[[], T]) -> T:
    """Read an option. If it is wrong, that is one of the checks."""
    try:
        return read()
    except IdentityError as error:
        checks.append(by_error(option, error.message))
        return default


def _check_run_folder(path: str | None, users: int | None) -> list[Check]:
    if not path:
        return [check_folder(None, None)]
    if not os.path.isabs(path):
        return [check_folder(path, f"run_folder {path} is a relative path. Use an absolute path.")]
    try:
        # It makes no folder; it checks that one can be made.
        new_run(path, run_host())
    except IdentityError as error:
        return [check_folder(path, error.message)]
    return [check_folder(path, None), check_space(path, read_space(path), users)]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ldap_options(),
            **graph_options(),
            "stages": {
                "type": "list",
                "elements": "str",
                "choices": list(STAGES),
                "default": [UPN_SUFFIXES, HARD_MATCH, SYNC],
            },
            "domains": {"type": "list", "elements": "str", "default": []},
            "paths": {"type": "list", "elements": "str", "default": []},
            "scope": scope_option(),
            "exclude": exclude_option(),
            "write_consistency_guid": {"type": "str", "choices": list(WAYS), "default": NEVER},
            "source_anchor": {"type": "str", "choices": list(SOURCE_ANCHORS), "default": "auto"},
            "run_folder": {"type": "path"},
            "connect_servers": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    warn_if_unchecked(module, module.params)
    watch = Watch(progress_report())
    run(module, (*GRAPH, LDAP3), lambda: examine_estate(module.params, watch), watch.facts)


if __name__ == "__main__":
    main()
