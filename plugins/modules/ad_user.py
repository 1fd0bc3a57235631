#!/usr/bin/python
# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ad_user
short_description: Create Active Directory accounts for the users of Entra ID
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Takes cloud users from a file of M(hybrid.identity.entra_user_info), or a short list of records, and creates the accounts that are
    missing in Active Directory, in bulk. M(hybrid.identity.match_plan) and M(hybrid.identity.match_apply) then hard-match each account to
    its cloud user.
  - In check mode, the module makes a plan and does not fail because of single users. If the plan cannot be applied, RV(verdict) says why.
    The same task without check mode and with O(plan_sha256) applies the plan. It reads the directory again. If the plan for a user would be
    different now, the user is refused. Without O(plan_sha256), the module plans and writes in one step, and fails with the verdict.
  - Before the module creates an account, it searches for an existing one by UPN and by every address. If an account has the UPN, O(update)
    decides whether it is filled. If an account has one of the addresses and another UPN, the record is refused, so no second account is
    created. UPNs are compared as in Entra ID, which ignores only the case of A to Z. If only Active Directory treats the UPN of an account
    as the UPN of the record, the record is refused, and the account is not changed.
  - The module creates no account with a UPN that Entra Connect would not keep. For example, Graph allows a C($) in a UPN, but Entra Connect
    does not.
  - The plan is complete before the first write, and it already refuses values that the schema of the directory would refuse. A user whose
    UPN suffix is missing in the forest is refused. Nothing is deleted.
  - The new C(sAMAccountName) is the part of the UPN before the C(@). Accents and all characters except ASCII letters, digits, dots,
    underscores and dashes are removed, and it is shortened to 20 characters. The new C(cn) is the display name, else the given name and
    surname, else the UPN, shortened to 64 characters. If several accounts would get the same name, the first of them by UPN gets it, unless
    it already exists in the directory. The names of the others end with five digits of a hash of their UPN, and their C(cn) ends with the
    C(sAMAccountName) in brackets. Therefore, the same input always gives the same names.
extends_documentation_fragment:
  - hybrid.identity.ldap
  - hybrid.identity.journal
  - hybrid.identity.exclude
  - hybrid.identity.attributes
  - hybrid.identity.attributes.ad
attributes:
  check_mode:
    support: full
    details: The module writes the plan in check mode. This does not count as a change.
  diff_mode:
    support: full
    details: The diff shows at most 50 users, and no passwords. The plan and the result contain all users.
  idempotent:
    support: full
options:
  users:
    description:
      - Records of the users who get accounts. Only C(user_principal_name) is required.
      - C(display_name), C(given_name), C(surname), C(mail), C(proxy_addresses), C(mail_nickname), C(job_title), C(department),
        C(company_name), C(office_location), C(business_phone), C(mobile_phone), C(fax_number), C(street_address), C(city), C(state),
        C(postal_code), C(country), C(employee_id), C(employee_type), C(preferred_language) and C(extension_attribute_1) to
        C(extension_attribute_15) are written to the attributes that Entra Connect reads. C(mail_nickname) and the extension attributes are
        written only if the schema has the attributes of Exchange.
      - C(proxy_addresses) is a list. The primary address begins with C(SMTP:) in capitals. Without a primary address, C(mail) becomes the
        primary address.
      - C(country) is an English name or a code of ISO 3166. C(c), C(co) and C(countryCode) are written together. A name is written to C(co)
        unchanged. An unknown country is written only to C(co), and C(left_out) and RV(table) report it.
      - C(manager) is a user principal name, or a dictionary with C(user_principal_name) or C(id). If this task creates the account of the
        manager, the manager is written in a second pass. A manager without an account is not written, and the task reports it.
      - C(enabled) is used for O(enabled=same). C(sam_account_name) sets the C(sAMAccountName).
      - Other keys are returned unchanged in the result. Therefore, a record with a key that looks like the key of a secret, in any
        spelling, is refused. Put passwords into O(given_passwords_file).
      - For more than a few hundred users, use O(users_file), because Ansible needs a long time to pass lists of thousands of records.
      - Exactly one of O(users) and O(users_file) is required.
    type: list
    elements: dict
  users_file:
    description:
      - The path on the controller of a file of users that M(hybrid.identity.entra_user_info) wrote for the same inventory host. Unless
        O(password_hash_sync) is set, the module takes the state of password hash synchronization from this file.
      - By default, the file is in the temporary folder of C(ansible-playbook), unless O(users) is given.
    type: path
  plan_file:
    description:
      - The path of the plan on the controller. Check mode writes the plan. A task with O(plan_sha256) applies it.
      - By default, the file is in the temporary folder of C(ansible-playbook). With O(users), no file is written by default.
    type: path
  plan_sha256:
    description:
      - The SHA-256 hash of O(plan_file), as check mode returned it in RV(plan_sha256). The module applies only this plan, and only with the
        same options.
      - With this option, the module does not fail because of single users. RV(verdict) says which users were not written.
    type: str
  result_file:
    description:
      - The path of the file on the controller for the result of each user. It is not written in check mode.
      - By default, the file is in the temporary folder of C(ansible-playbook). With O(users), no file is written by default.
    type: path
  reviewed_plan:
    description:
      - The path on the controller of a plan that another run of this module made and that a person reviewed.
      - A change stays in the new plan only if the reviewed plan has the same change, with the same cloud user, distinguished name,
        attribute, value before and after, and effects. The effects that the reviewed plan shows for a user are accepted for this user.
      - Other changes are removed from the new plan. Their users have the status V(not_reviewed), or V(changed_since_review) if the reviewed
        plan has another change for the user. Users whose account already has the reviewed values have the status V(already_done). None of
        these users counts as refused.
      - The module fails if the plan is damaged, too old, of another tenant or domain, or made for other users or with another O(exclude),
        O(path), O(path_by), O(update), O(enabled) or O(account_password), or if it has a verdict that has other reasons than effects.
    type: path
  reviewed_plan_sha256:
    description:
      - The SHA-256 hash of O(reviewed_plan), as the run that made the plan returned it in RV(plan_sha256).
      - Take it from a place that the author of the plan cannot change, such as the input of an approval.
    type: str
  reviewed_plan_max_age:
    description: The maximum age of O(reviewed_plan), in hours.
    type: int
    default: 72
  planned_upn_suffixes:
    description:
      - UPN suffixes that check mode treats as suffixes of the forest, such as those that M(hybrid.identity.ad_upn_suffix) would add.
    type: list
    elements: str
    default: []
  path:
    description:
      - Distinguished name of the container for the accounts to which no rule of O(path_by) applies. It must exist.
    type: str
  path_by:
    description:
      - Rules for the container, each with a C(path) and with conditions on the keys of a record. All conditions of a rule must be true. The
        first rule that applies to a record is used. A condition can be a list of values, and C(upn_suffix) is the domain of the UPN.
      - Case is ignored. Every C(path) must exist.
    type: list
    elements: dict
  update:
    description:
      - What to do with an existing account.
      - V(empty) fills empty attributes and overwrites nothing. V(never) does not change the account. V(always) overwrites different values,
        and enables or disables the account according to O(enabled).
      - An account is enabled only if O(journal) records that this module created it, if it needs a password, and if it is not protected as
        described in O(hybrid.identity.ad_user_guid#module:accepted_effects). Otherwise, it stays disabled, and C(left_out) says why.
      - Attributes that are not in the record are not changed. Names, container and password are never changed.
    type: str
    choices: [never, empty, always]
    default: empty
  enabled:
    description:
      - Whether the accounts are enabled. With V(same), an account is enabled if its cloud user is enabled.
      - A disabled account disables its cloud user at the next sync, because Entra Connect also synchronizes this state.
    type: str
    choices: [same, "true", "false"]
    default: same
  account_password:
    description:
      - The password of new accounts. V(random) creates a strong password for each account and keeps it in O(password_file), which is
        required. V(given) takes the passwords from O(given_passwords_file).
      - The password is part of the request that creates the account, which is protected by TLS.
      - With password hash synchronization, which the express settings of Entra Connect turn on, the AD password replaces the cloud
        password. Users who do not know it can no longer sign in. Therefore, V(random) is refused unless O(password_hash_sync) is V(false)
        or O(accepted_effects) accepts V(password_replaced).
    type: str
    choices: [random, given]
    required: true
  given_passwords_file:
    description:
      - A CSV file on the controller with the passwords for O(account_password=given), which requires it.
      - The first line is C(user_principal_name,password). Each further line has the two values of one user, separated by a comma. Put a
        password that contains a comma or a quotation mark in quotation marks, and double each quotation mark in it.
      - The file is encoded in UTF-8. It must belong to the user who runs the task or to root, and others must not be able to read it (mode
        0600). It can be a link.
      - Only new accounts get these passwords. Lines for users who are not in O(users) are not used, and a warning lists these lines. A user
        who needs a new account and has no line is refused.
      - No password from this file is ever shown, logged or written to another file.
    type: path
  password_file:
    description:
      - A file on the controller to which the random passwords are added. Each is a JSON line with C(user_principal_name) and C(password).
        All passwords are written to the disk before the first account is created.
      - The file is created with mode 0600. It is refused if it is in a Git work tree, if others can read it, if it belongs to another user
        or is a link, or if others can write to its folder.
      - After a run was killed, a user can have several lines. The last one is valid.
    type: path
  password_must_change:
    description:
      - Whether users must change the password of a new account at the next logon.
      - Microsoft does not document what this does to the cloud password of a hard-matched user.
    type: bool
    default: false
  password_hash_sync:
    description:
      - Whether password hash synchronization is on for the tenant. Without this option, it is unknown.
    type: bool
  accepted_effects:
    description:
      - Effects that the module refuses unless you accept them here. Set each to a list of user principal names.
      - V(password_replaced) means that a random password replaces the cloud password of the user. Use V(all) instead of a list to accept it
        for all users.
      - The effects of O(hybrid.identity.match_plan#module:accepted_effects) are allowed too, but have no meaning here.
    type: dict
    default: {}
  max_changes:
    description:
      - The maximum number of accounts that may change, as a count such as V(20), or as a percentage of the users such as V(5%). If more
        accounts would change, nothing is written.
    type: str
  max_refused:
    description:
      - The maximum number of users that may be refused while the others are written, as a count or as a percentage of the users. If more
        users are refused, nothing is written. The plan and the result say why each user was refused.
    type: str
    default: "0"
notes:
  - The account that signs in needs the rights to create users in the containers and to write their attributes.
  - The journal records a new account by its UPN, with the attribute C(account). The value after the change is its name and a hash of its
    attributes.
seealso:
  - module: hybrid.identity.entra_user_info
  - module: hybrid.identity.entra_immutable_id
  - module: hybrid.identity.ad_user_guid
  - module: hybrid.identity.rollback
  - name: Password hash synchronization
    description: What happens to the cloud password.
    link: https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-password-hash-synchronization
"""

EXAMPLES = r"""
# Connection options are left out here: set them once, for group/hybrid.identity.ad and group/hybrid.identity.entra in
# module_defaults, or in the environment.
- name: Read all users who are only in the cloud
  hybrid.identity.entra_user_info:
    domains: [contoso.com]

- name: Plan the accounts
  hybrid.identity.ad_user: &accounts
    path: OU=Staff,DC=ad,DC=contoso,DC=com
    path_by:
      - department: Sales
        path: OU=Sales,OU=Staff,DC=ad,DC=contoso,DC=com
      - country: [Germany, Austria]
        city: Berlin
        path: OU=Berlin,OU=Staff,DC=ad,DC=contoso,DC=com
    account_password: random
    password_file: /root/new-passwords.jsonl
    accepted_effects: {password_replaced: all}
    journal: /var/lib/hybrid-identity/journal
    max_changes: 500
  check_mode: true
  register: plan

- name: Show the plan
  ansible.builtin.debug:
    var: plan.table

- name: Stop if the plan cannot be applied
  ansible.builtin.assert:
    that: not plan.verdict
    fail_msg: "{{ plan.verdict }}"

- name: Create the accounts
  hybrid.identity.ad_user:
    <<: *accounts
    plan_sha256: "{{ plan.plan_sha256 }}"
  register: accounts

# /root/given-passwords.csv, with mode 0600:
#   user_principal_name,password
#   adele.vance@contoso.com,"one, two, Buckle my shoe"
- name: Create one account
  hybrid.identity.ad_user:
    users:
      - user_principal_name: adele.vance@contoso.com
        display_name: Adele Vance
        mail: adele.vance@contoso.com
    path: CN=Users,DC=ad,DC=contoso,DC=com
    account_password: given
    given_passwords_file: /root/given-passwords.csv
"""

RETURN = r"""
plan_file:
  description: The path of the plan.
  returned: in check mode, if there is one
  type: str
  sample: /var/lib/hybrid-identity/20261129T101500Z-localhost-3f2a1b/accounts-plan.jsonl
plan_sha256:
  description: The SHA-256 hash of the plan.
  returned: in check mode, if there is one
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
result_file:
  description: The path of the result.
  returned: success and failure without check mode, if there is one
  type: str
  sample: /var/lib/hybrid-identity/20261129T101500Z-localhost-3f2a1b/accounts-result.jsonl
result_sha256:
  description: The SHA-256 hash of the result.
  returned: success and failure without check mode, if there is one
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
verdict:
  description:
    - In check mode, why the plan cannot be applied, in one sentence. Empty if it can be applied.
    - Otherwise, which users were not written. Empty if all users were written.
  returned: O(users) or O(users_file) is given
  type: str
  sample: ""
reviewable:
  description: Whether another run can use the plan as O(reviewed_plan).
  returned: in check mode
  type: bool
  sample: true
run:
  description: The name of the run.
  returned: O(users) or O(users_file) is given
  type: str
  sample: 20261124T094107Z-3f9a1c
users:
  description:
    - One item for each record, in the given order. It contains the keys of the record and the values of the account after the task.
    - Not returned if O(plan_file) or O(result_file) is written instead.
  returned: success, and failure because of refused users, of O(max_changes) or of a write
  type: list
  elements: dict
  contains:
    user_principal_name:
      description: The UPN.
      returned: always
      type: str
      sample: adele.vance@contoso.com
    sam_account_name:
      description: C(sAMAccountName).
      returned: always
      type: str
      sample: adele.vance
    distinguished_name:
      description: The distinguished name.
      returned: always
      type: str
      sample: CN=Adele Vance,OU=Staff,DC=ad,DC=contoso,DC=com
    object_guid:
      description: C(objectGUID) with dashes. Null for an account that check mode would create.
      returned: always
      type: str
      sample: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    source_anchor:
      description: The attribute that the ImmutableId comes from.
      returned: always
      type: str
      sample: objectGUID
    immutable_id:
      description: The ImmutableId that a sync gives the account. Null if C(object_guid) is null.
      returned: always
      type: str
      sample: 3jFgh7G/i0+csBxnpglNPg==
    enabled:
      description: Whether the account is enabled.
      returned: always
      type: bool
      sample: true
    status:
      description:
        - V(created), V(updated), V(unchanged), V(excluded), V(left_out), V(refused) or V(failed). With O(reviewed_plan) also V(not_reviewed),
          V(changed_since_review) or V(already_done).
        - V(left_out) are users that M(hybrid.identity.entra_user_info) left out, such as guests. They are neither changed nor refused.
      returned: always
      type: str
      sample: created
    before:
      description: The attributes that change, by their LDAP names, with the values before the task. Null for a new account.
      returned: always
      type: dict
      sample: null
    after:
      description: The same attributes with the values after the task, or that they would have in check mode. It never contains a password.
      returned: always
      type: dict
      sample:
        cn: Adele Vance
        sAMAccountName: adele.vance
        userPrincipalName: adele.vance@contoso.com
        userAccountControl: "512"
        displayName: Adele Vance
    changed:
      description: Whether the account was changed, or would be.
      returned: always
      type: bool
      sample: true
    cause:
      description:
        - A stable identifier of the reason why a user was refused or failed, else null.
        - V(malformed_upn), V(invalid_upn), V(malformed_value), V(value_too_long), V(two_primary_addresses), V(bad_sam_account_name),
          V(sam_account_name_taken), V(sam_wanted_twice), V(address_wanted_twice), V(duplicate_record), V(no_path), V(missing_upn_suffix),
          V(no_password), V(password_replaced) and V(password_too_short) mean that the record cannot be written.
        - V(address_of_other_account), V(similar_upn), V(several_accounts), V(not_a_user), V(system_account), V(cloud_managed_account) and
          V(unreadable_object) refer to objects in the directory. For records that M(hybrid.identity.entra_user_info) did not find or left
          out, the cause of that module, such as V(unlicensed).
        - V(not_tried) means that the run ended before. V(interrupted) means that an exception occurred. V(changed_since) means that the
          plan would be different now. V(changed_meanwhile) means that the account changed after it was read. V(constraint_violation),
          V(entry_exists), V(insufficient_rights), V(connection_lost) and others are errors of the directory.
      returned: always
      type: str
      sample: null
    reason:
      description: The reason as a sentence that says what to do next, else null.
      returned: always
      type: str
      sample: null
    left_out:
      description: The keys of the record that were not written or were changed, each with the reason.
      returned: always
      type: dict
      sample:
        mail_nickname: the schema of the directory has no mailNickname
    password_hash_sync:
      description:
        - What password hash synchronization does to the cloud password of the user, if it is on.
        - With V(replaces_with_kept), it is replaced with the password in O(password_file). With V(replaces_with_given), it is replaced with
          the password in O(given_passwords_file). With V(replaces_with_existing), it is replaced with the password of the existing account.
        - Null for users who were refused or failed.
      returned: always
      type: str
      sample: replaces_with_kept
table:
  description:
    - The users as lines of text. Counts come first, then the users who need attention, with the reasons. Values that were not written or
      were changed are listed at the end.
  returned: success, and failure because of users
  type: list
  elements: str
  sample: ["unchanged                        41"]
summary:
  description:
    - Number of users for each status, including zeros, and their V(total). V(excluded) and V(left_out) are included only if there are such
      users.
  returned: success, and failure because of refused users, of O(max_changes) or of a write
  type: dict
  sample:
    created: 40
    updated: 1
    unchanged: 0
    refused: 0
    failed: 0
    total: 41
journal_run:
  description: The name of this run in O(journal).
  returned: if the task made changes and O(journal) is set
  type: str
  sample: 20261124T094107Z-3f9a1c
trace:
  description:
    - The origin of an unexpected exception, one frame per line, without its text and without values.
    - Report it. The other values show what the module did before the exception.
  returned: if an unexpected exception occurred
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
cause:
  description: A stable identifier of the error of the connection, the directory or a write.
  returned: failure of the connection, the directory or a write
  type: str
  sample: wrong_password
result_code:
  description: The LDAP result code, if the server returned one.
  returned: failure of an LDAP operation as a whole
  type: int
  sample: 50
"""

import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.changes import (
    build_result,
    build_summary,
    diff_accounts,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.made import made_accounts
from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.proposals import read_planned
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError, UnexpectedError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.review.reviewed_plan import ACCOUNTS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import (
    PLAN,
    RESULT,
    USERS,
)
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.accounts.ad_user import Helpers, manage_accounts
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.accounts.outcome import Outcome
from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import (
    OptionSpec,
    connection,
    exclude_option,
    journal_options,
    ldap_options,
    pick,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.countries import find_country
from ansible_collections.hybrid.identity.plugins.module_utils._module.deps import LDAP3, PYCOUNTRY
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import journaled, read_journal, run_name
from ansible_collections.hybrid.identity.plugins.module_utils._module.passwords import (
    PasswordFile,
    random_password,
    read_given_passwords,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.records_module import RecordsModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import (
    check_run_file,
    make_header,
    read_reviewed_plan,
    read_run_file,
    write_run_file,
)

TERMS = (
    "exclude",
    "path",
    "path_by",
    "update",
    "enabled",
    "account_password",
    "password_must_change",
    "password_hash_sync",
    "accepted_effects",
    "max_changes",
    "max_refused",
)
"""The options that decide what a plan does. A plan file keeps them."""
FEW_REASONS = 10
"""Reasons in the table of users from a file. The plan and the result have the others."""


class Accounts:
    """One run of the module that makes and fills accounts."""

    def __init__(self, params: dict[str, Any], task: dict[str, Any], check_mode: bool) -> None:
        self._params, self._check_mode = params, check_mode
        # The option that names the file which this run writes.
        self._writes = "plan_file" if check_mode else "result_file"
        self._task = task
        self._run = run_name(params["journal_run"])
        self._tenant: str | None = None
        self._scope: Mapping[str, Any] = {}
        self._terms: dict[str, Any] = {}

    def manage(self, options: dict[str, Any]) -> dict[str, Any]:
        """Plan, carry the plan out unless in check mode, write the files, and return the module's result."""
        params = self._params
        self._read_users()
        self._terms = {**{name: self._task[name] for name in TERMS}, "exclude": _given(self._task["exclude"])}
        planned = self._read_planned()
        review = read_reviewed_plan(params, ACCOUNTS, self._scope, self._terms)
        if params[self._writes]:
            others = {name: params[name] for name in ("users_file", "reviewed_plan", "journal", "password_file")}
            check_run_file(self._writes, params[self._writes], others)
        given = read_given_passwords(self._task["given_passwords_file"]) if self._task["given_passwords_file"] else None
        keeper = PasswordFile(self._task["password_file"]) if self._task["password_file"] else None
        if keeper and self._check_mode:
            keeper.check()
        kept = params["journal"] and os.path.exists(params["journal"])
        made = made_accounts(read_journal(params["journal"])) if kept else frozenset()
        found: list[Outcome] = []

        def service(journal: Any) -> dict[str, Any]:
            helpers = Helpers(
                find_country,
                random_password,
                journal,
                keeper,
                given,
                made,
                review,
                planned,
                tenant=self._tenant,
                where=params["plan_file"] or "users",
                named=bool(params["plan_file"] or params["result_file"]),
            )
            found.append(manage_accounts(options, self._task, helpers, self._check_mode))
            return {}

        journal = {name: params[name] for name in ("journal", "note")}
        journal |= {"journal_run": self._run, "users_tenant": self._tenant}
        with keeper if keeper and not self._check_mode else nullcontext():
            used = journaled(journal, service, check_mode=self._check_mode)
        return self._finish(found[0], used)

    def _read_users(self) -> None:
        """Take the users of the file, and what it says of the tenant, unless users are given."""
        path = self._params["users_file"]
        if not path:
            users = self._task["users"]
            if not users:
                raise InputError("users is empty. Add at least one record, such as entra_user_info returns.")
            self._scope = {"users": [str(user.get("user_principal_name")) for user in users]}
            return
        source = read_run_file("users_file", path, (USERS,))
        self._tenant = source.header["tenant"]
        self._scope = source.header["scope"]
        # Each line brings its own copy of the same keys.
        self._task["users"] = [{sys.intern(key): record[key] for key in record} for record in source.records()]
        if self._task["password_hash_sync"] is None:
            self._task["password_hash_sync"] = source.header["facts"]["password_hash_sync"]

    def _read_planned(self) -> dict[str, bytes] | None:
        sha256 = self._params["plan_sha256"]
        if sha256 is None:
            return None
        if self._check_mode:
            raise InputError("plan_sha256 is for a task that applies a plan, which check mode does not do. Remove it.")
        path = self._params["plan_file"]
        if not path:
            raise InputError("plan_file is empty. Set it to the plan whose hash is plan_sha256.")
        plan = read_run_file("plan_file", path, (PLAN,), sha256)
        if plan.header["facts"]["verdict"]:
            raise InputError(f"The plan cannot be applied: {plan.header['facts']['verdict']}")
        now = {"module": "ad_user", "scope": self._scope, **self._terms}
        then = {"module": plan.header["module"], "scope": plan.header["scope"], **plan.header["terms"]}
        different = [name for name in now if now[name] != then.get(name)]
        if different:
            raise InputError(
                f"The plan was made with other options than this task ({', '.join(different)}). Use the same options "
                "for both."
            )
        return read_planned(plan.records())

    def _finish(self, outcome: Outcome, used: dict[str, Any]) -> dict[str, Any]:
        """Write the file of the run and return the result, or fail."""
        tries = not self._check_mode
        path = self._params[self._writes]
        verdict = outcome.verdict
        if tries and not outcome.tried:
            left = [change.unplanned() for change in outcome.plan.changes]
            outcome = replace(outcome, plan=replace(outcome.plan, changes=left))
        shown = outcome.plan.changes
        result: dict[str, Any] = {
            "changed": any(change.changed for change in shown) and not (verdict and not outcome.tried),
            "verdict": verdict,
            **(build_result(shown) if path is None else build_summary(shown, FEW_REASONS)),
            **used,
            "run": self._run,
            "warnings": list(outcome.warnings),
        }
        if self._params["reviewed_plan"]:
            result["summary"]["review"] = outcome.plan.decided.count_reviewed()
        if path is not None:
            sha256 = self._save(path, outcome, result["summary"])
            result |= {self._writes: path, "result_sha256" if tries else "plan_sha256": sha256}
        if not tries:
            result["reviewable"] = outcome.plan.decided.is_reviewable
        alone = tries and self._params["plan_sha256"] is None
        if (verdict and alone) or isinstance(outcome.broken, UnexpectedError):
            raise outcome.error(result)
        return {**result, "diff": diff_accounts(shown, path or "users")}

    def _save(self, path: str, outcome: Outcome, summary: Mapping[str, Any]) -> str:
        header = make_header(
            PLAN if self._check_mode else RESULT,
            "ad_user",
            self._run,
            self._params,
            tenant=self._tenant,
            domain=outcome.domain,
            scope=self._scope,
            terms=self._terms,
            facts={
                "summary": summary,
                "verdict": outcome.verdict,
                "reviewable": outcome.plan.decided.is_reviewable,
                "reviewed_plan_sha256": self._params["reviewed_plan_sha256"],
                "caveats": [],
                "unread": [],
                "tenant_users": None,
            },
        )
        return write_run_file(self._writes, path, header, outcome.plan.records())


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def main() -> None:
    task: dict[str, OptionSpec] = {
        "users": {"type": "list", "elements": "dict"},
        "path": {"type": "str"},
        "path_by": {"type": "list", "elements": "dict"},
        "update": {"type": "str", "choices": ["never", "empty", "always"], "default": "empty"},
        "enabled": {"type": "str", "choices": ["same", "true", "false"], "default": "same"},
        "account_password": {"type": "str", "choices": ["random", "given"], "required": True, "no_log": False},
        "given_passwords_file": {"type": "path", "no_log": False},
        "password_file": {"type": "path", "no_log": False},
        "password_must_change": {"type": "bool", "default": False, "no_log": False},
        "password_hash_sync": {"type": "bool", "no_log": False},
        "accepted_effects": {"type": "dict", "default": {}},
        "planned_upn_suffixes": {"type": "list", "elements": "str", "default": []},
        "exclude": exclude_option(),
        "max_changes": {"type": "str"},
        "max_refused": {"type": "str", "default": "0"},
    }
    files: dict[str, OptionSpec] = {
        "users_file": {"type": "path"},
        "plan_file": {"type": "path"},
        "plan_sha256": {"type": "str"},
        "result_file": {"type": "path"},
        "reviewed_plan": {"type": "path"},
        "reviewed_plan_sha256": {"type": "str"},
        "reviewed_plan_max_age": {"type": "int", "default": 72},
    }
    module = RecordsModule(
        argument_spec={**ldap_options(), **journal_options(), **files, **task},
        mutually_exclusive=[("users", "users_file")],
        required_one_of=[("users", "users_file")],
        required_if=[
            ("account_password", "given", ["given_passwords_file"]),
            ("account_password", "random", ["password_file"]),
        ],
        required_by={"journal_run": "journal"},
        supports_check_mode=True,
        # People's records do not belong in the system's log, into which Ansible writes all arguments:
        # tests/upstream/test_ansible_core.py::test_records_go_to_the_system_log
        no_log=True,
    )
    params, check_mode = module.params, module.check_mode

    def service() -> dict[str, Any]:
        return Accounts(params, pick(params, task), check_mode).manage(connection(params, ldap_options()))

    run(module, (LDAP3, PYCOUNTRY), service)


if __name__ == "__main__":
    main()
