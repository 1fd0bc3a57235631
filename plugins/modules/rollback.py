#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback
short_description: Undo the changes of a run in Active Directory and in Entra ID
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Reads the journal of a run, and undoes the changes of the run in both directories. It clears or restores ImmutableIds, restores
    C(mS-DS-ConsistencyGuid) and the attributes of accounts, and removes the accounts that the run created.
  - You can't roll back a user after the first sync. The AD account is then the source of authority of the cloud user, so the module refuses
    the user.
  - The module reads and checks everything in both directories before the first write. For each user, it undoes all changes or none.
  - Entra ID is written first, then the source anchors, and then the accounts. If the ImmutableId of a user cannot be restored, the account
    is not removed.
  - The module refuses users whom somebody changed after the run, objects that have another user principal name than in the journal, and
    values that this collection never writes.
  - The module does not fail because of refused users. RV(verdict) says in one sentence why no changes were undone, or for which users not.
extends_documentation_fragment:
  - hybrid.identity.ldap
  - hybrid.identity.graph
  - hybrid.identity.attributes
  - hybrid.identity.attributes.both
attributes:
  check_mode:
    support: full
    details: The module reads and checks everything, but writes nothing.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  run_folder:
    description:
      - The folder on the controller with the files of the runs. It is the value of C(hybrid_identity_run_folder) of the roles.
      - The journal of a run is C(journal.jsonl) in the folder with the name of the run.
      - The rollback is also a run. Its journal is in a new folder, so that you can roll it back too.
    type: path
    required: true
  run:
    description:
      - The name of the run, which is the name of its folder. All lines of the journal in it are rolled back.
      - V(last) is the newest run that changed something and is not a rollback. Only folders with names that begin with a time, as the roles
        create them, count.
      - If several runs changed the same users, for example because one was killed, roll back the newest one first.
    type: str
    required: true
  max_changes:
    description:
      - The maximum number of users that may change, as a count such as V(20), or as a percentage of the users in the journal such as V(5%).
        If more users would change, nothing is written.
      - Without this option, all users of the journal may change.
    type: str
  max_refused:
    description:
      - The maximum number of users that may be refused while the others are rolled back, as a count or as a percentage of the users in the
        journal. If more users are refused, nothing is written.
    type: str
    default: "0"
  accepted_effects:
    description:
      - Effects that the module refuses unless you accept them here. Set each to a list of user principal names, as in
        O(hybrid.identity.ad_user_guid#module:accepted_effects).
    type: dict
    default: {}
  skip_checks:
    description:
      - Checks to skip if the data that they need cannot be read. Data that can be read is still checked.
      - Without V(role_assignments), V(role_eligibility) and V(role_assignable_groups), it is unknown who is an administrator. Without
        V(deleted_users), it is unknown whether a deleted user belongs to an account that would be removed.
      - A rollback restores ImmutableIds only if you use both V(anchor_claims) and V(protected_accounts). With them, you confirm that these
        values still belong to the same AD accounts, and that these accounts are not protected. An ImmutableId that the run set is always
        cleared.
    type: list
    elements: str
    choices:
      - deleted_users
      - domains
      - role_assignments
      - role_eligibility
      - role_assignable_groups
      - app_owners
      - anchor_claims
      - protected_accounts
    default: []
  note:
    description:
      - A text for the journal of this rollback, such as the number of a change request.
      - At most 500 characters are kept. Do not use secrets.
    type: str
notes:
  - Hold the scheduler of Entra Connect while this module runs. The playbook C(hybrid.identity.rollback) does this.
  - The module reads Active Directory only if the run changed it. It always reads Entra ID. If it cannot read Entra ID, it writes nothing.
  - "An account is removed only if no cloud user belongs to it. The module searches Entra ID for cloud users with the ImmutableId of its
    C(objectGUID), with the ImmutableId of its C(mS-DS-ConsistencyGuid), and with its security identifier. If one of them is synchronised,
    or has a value that this run did not set, the account is not removed, because removing the account of a synchronised user deletes the
    cloud user and the mailbox at the next synchronisation. For the same reason, the values of an account that a synchronised cloud user
    has are not put back."
  - An account is removed only if nobody has changed it since the run created it. It counts as changed if it has another name or container,
    if an attribute that the run wrote has another value, if C(mS-DS-ConsistencyGuid), a group membership, a description or another
    attribute has a value, or if its password was set again.
  - If a task created accounts from a file of users, its journal has the tenant of these users, and only this tenant is asked. If the users
    were given as records, the tenant is not known, so make sure that the connection is right.
  - If somebody has signed in to an account, it is disabled but not removed. C(lastLogonTimestamp) shows a sign-in, or C(lastLogon) and
    C(logonCount) of the domain controller.
  - A removed account cannot be created again with its security identifier and its password, so a rollback of the rollback refuses it.
  - Users that the run restored from the recycle bin of Entra ID or purged are not changed.
  - The app needs the application permission C(User.ReadWrite.All). If the run set no ImmutableIds, C(User.Read.All) is enough.
    M(hybrid.identity.entra_immutable_id) lists the permissions that are needed to find administrators.
seealso:
  - module: hybrid.identity.match_apply
  - module: hybrid.identity.ad_user
  - module: hybrid.identity.entra_immutable_id
"""

EXAMPLES = r"""
# Set the connection options once: in module_defaults for group/hybrid.identity.ad and group/hybrid.identity.entra, or in the
# environment.
- name: Show the changes that a rollback of the newest run would undo
  hybrid.identity.rollback:
    run_folder: /var/lib/hybrid-identity
    run: last
  check_mode: true
  diff: true

- name: Roll back a run, even if up to five users are refused
  hybrid.identity.rollback:
    run_folder: /var/lib/hybrid-identity
    run: 20261129T101500Z-localhost-3f2a1b
    max_refused: 5
  register: back

- name: Stop if a user was not rolled back
  ansible.builtin.assert:
    that: not back.verdict
    fail_msg: "{{ back.verdict }}"
"""

RETURN = r"""
verdict:
  description:
    - Why no changes were undone, or which users could not be rolled back, in one sentence.
    - Empty if all users were rolled back, except for refused users that O(max_refused) allows.
  returned: success
  type: str
  sample: ""
table:
  description: The users as lines of text. Counts come first, then the users who need attention, with the reasons.
  returned: success
  type: list
  elements: str
  sample: ["account removed                  40"]
summary:
  description: Number of users for each status, including zeros, and in total.
  returned: success
  type: dict
  sample: {removed: 40, disabled: 0, put_back: 2, unchanged: 0, refused: 0, failed: 0, total: 42}
users:
  description:
    - The users that the run changed, each with the result. In check mode, or if the plan was refused, with the predicted result.
  returned: success, and failure after the plan was made
  type: list
  elements: dict
  contains:
    user_principal_name:
      description: The user principal name. For an account, the current name in the directory, otherwise the name in the journal.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    id:
      description: The object id of the cloud user. Null if the run did not change that user.
      returned: always
      type: str
      sample: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
    object_guid:
      description: C(objectGUID) of the AD account. Null if the run did not change an account, or if the account no longer exists.
      returned: always
      type: str
      sample: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    distinguished_name:
      description: The distinguished name of the AD account. Null if the run did not change an account, or if the account no longer exists.
      returned: always
      type: str
      sample: CN=Adele Vance,OU=Staff,DC=ad,DC=contoso,DC=com
    status:
      description:
        - V(removed) if the account of the user is removed, V(disabled) if it is disabled because somebody has signed in to it, V(put_back)
          if only values are restored.
        - V(unchanged) if there is nothing to undo, V(refused) if the changes may not be undone, V(failed) if a write failed.
      returned: always
      type: str
      sample: removed
    changed:
      description: Whether changes of the user were undone, or would be.
      returned: always
      type: bool
      sample: true
    cause:
      description:
        - A stable identifier of the reason why the user was refused or failed, or why the account is not removed, else null.
        - V(synchronised) if a synchronised cloud user has the account, V(has_cloud_user) if another cloud user has its ImmutableId or
          security identifier, V(signed_in) if somebody has signed in to it.
        - V(changed_since), V(renamed_since), V(account_gone), V(cannot_be_made_again), V(not_restorable), V(not_to_be_enabled), V(not_given_back),
          V(address_of_other_account), V(has_children), V(not_permitted), V(changed_meanwhile), V(other_value_failed), C(unread_) with the
          name of a check, and the causes of M(hybrid.identity.ad_user), M(hybrid.identity.ad_user_guid) and
          M(hybrid.identity.entra_immutable_id).
      returned: always
      type: str
      sample: null
    reason:
      description: The reason as a sentence that says what to do next, else null.
      returned: always
      type: str
      sample: null
    writes:
      description: The values that are restored, in no particular order. The attribute C(account) is the account itself.
      returned: always
      type: list
      elements: dict
      sample:
        - attribute: onPremisesImmutableId
          id: 6b1f1e5e-0d5d-4a6c-9a3a-2f6d5b9d1c11
          before: 3jFgh7G/i0+csBxnpglNPg==
          after: null
rolled_back:
  description: The name of the run that was rolled back.
  returned: success
  type: str
  sample: 20261129T101500Z-localhost-3f2a1b
run:
  description: The name of the rollback. Use it to roll the rollback back.
  returned: if something was written
  type: str
  sample: 20261129T113000Z-localhost-b2c3d4
journal:
  description: The path of the journal of the rollback.
  returned: if something was written
  type: str
  sample: /var/lib/hybrid-identity/20261129T113000Z-localhost-b2c3d4/journal.jsonl
journal_sha256:
  description: The SHA-256 hash of RV(journal), in hexadecimal digits.
  returned: if something was written
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
cause:
  description: A stable identifier of the error of a connection or a directory.
  returned: failure of a connection or a directory
  type: str
  sample: connection_refused
trace:
  description:
    - The origin of an unexpected exception, one frame per line, without its text and without values.
    - Report it. RV(users) shows what the module did before the exception.
  returned: if an unexpected exception occurred
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.accepted_effects import (
    read_accepted_effects,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.decision import Terms
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import (
    IdentityError,
    InputError,
    telling,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import describe_damage
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.immutable_id_guards import (
    GUARD_ASPECTS,
    ROLLBACK_ASPECTS,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback.result import build_result
from ansible_collections.hybrid.identity.plugins.module_utils._identity.rollback.run_undos import read_undos
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    connection,
    graph_options,
    ldap_options,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import GRAPH, LDAP3
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import JournalFile
from ansible_collections.hybrid.identity.plugins.module_utils._module.progress import progress_report
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import file_sha256, origin_of
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_folder import JOURNAL, find_run, new_run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_host import run_host
from ansible_collections.hybrid.identity.plugins.module_utils._workflow.rollback import Rollback


def roll_back(params: dict[str, Any], check_mode: bool, watch: Watch) -> dict[str, Any]:
    """Roll back the run that the options name, and return the module's result."""
    found = find_run(params["run_folder"], params["run"])
    name, folder = new_run(params["run_folder"], run_host())
    path = os.path.join(folder, JOURNAL)
    written = False

    class JournalFiles:
        @contextmanager
        def of_the_run(self) -> Iterator[JournalFile]:
            with JournalFile(found.path, found.name) as journal:
                if not journal.is_alone:
                    raise InputError(f"The run {found.name} still writes its journal. Roll it back after it has ended.")
                yield journal

        @contextmanager
        def own(self) -> Iterator[JournalFile]:
            nonlocal written
            os.mkdir(folder, 0o700)
            written = True
            with JournalFile(path, name, (found.name,), origin_of(params)) as journal:
                yield journal

    terms = Terms(
        accepted=read_accepted_effects(params["accepted_effects"]),
        skip_checks=params["skip_checks"],
        max_changes=params["max_changes"],
        max_refused=params["max_refused"],
    )
    rollback = Rollback(read_undos(found.journal), terms)
    damage = describe_damage(found.journal, found.name)

    def so_far() -> dict[str, Any]:
        result = build_result(rollback.users, rollback.verdict, found.name, rollback.allowed)
        own = {"run": name, "journal": path, "journal_sha256": file_sha256("journal", path)} if written else {}
        return {**result, **own, "rolled_back": found.name, "warnings": [*damage, *rollback.warnings]}

    ldap, graph = connection(params, ldap_options()), connection(params, graph_options())
    try:
        with telling():
            rollback.run(ldap, graph, None if check_mode else JournalFiles(), watch)
    except IdentityError as error:
        if written:
            error.details.update({name: value for name, value in so_far().items() if name not in ("verdict", "diff")})
        raise
    return so_far()


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **ldap_options(),
            **graph_options(),
            "run_folder": {"type": "path", "required": True},
            "run": {"type": "str", "required": True},
            "note": {"type": "str"},
            "max_changes": {"type": "str"},
            "max_refused": {"type": "str", "default": "0"},
            "accepted_effects": {"type": "dict", "default": {}},
            "skip_checks": {
                "type": "list",
                "elements": "str",
                "choices": [*GUARD_ASPECTS, *ROLLBACK_ASPECTS],
                "default": [],
            },
        },
        supports_check_mode=True,
    )
    watch = Watch(progress_report())
    run(module, (*GRAPH, LDAP3), lambda: roll_back(module.params, module.check_mode, watch), watch.facts)


if __name__ == "__main__":
    main()
