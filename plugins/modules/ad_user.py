#!/usr/bin/python
# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ad_user
short_description: Make Active Directory accounts for the users of Entra ID
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Takes records of cloud users, such as M(hybrid.identity.entra_user_info) returns or a list written by hand, and makes the
    accounts that are missing in Active Directory, in bulk. RV(users) can be handed as it is to
    M(hybrid.identity.entra_immutable_id), which hard-matches each to its cloud user.
  - An account is looked for by UPN and by every address before one is made. One that is found by UPN is filled by O(update).
    One that has an address and another UPN is refused and named; there is never a second account.
    UPNs are compared as Entra ID does it, without the case of A to Z. An account whose UPN only Active Directory takes for the
    record's is never filled, and the record is refused.
  - No account is made with a UPN that Entra Connect would not keep. Graph allows a C($) in a UPN, for instance, and Entra Connect
    does not.
  - The plan is complete before the first write, and values that the directory's own schema would refuse are found then. Nothing
    is deleted.
  - The new C(sAMAccountName) is the part of the UPN before the C(@) without accents and without what is no ASCII letter, digit,
    dot, underscore or dash, cut to 20 characters. The new C(cn) is the display name, else given name and surname, else the UPN, cut
    to 64. Where several accounts would get one name, the first of them by UPN has it, unless somebody in the directory does; the
    others end in five digits of a hash of their UPN, and their C(cn) in the C(sAMAccountName) in brackets. So the same input
    gives the same names.
extends_documentation_fragment:
  - hybrid.identity.ldap
  - hybrid.identity.journal
  - hybrid.identity.exclude
  - hybrid.identity.attributes
  - hybrid.identity.attributes.ad
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: No password is in it.
  idempotent:
    support: full
options:
  users:
    description:
      - Records of the people who are to have accounts. Only C(user_principal_name) is needed.
      - C(display_name), C(given_name), C(surname), C(mail), C(proxy_addresses), C(mail_nickname), C(job_title), C(department),
        C(company_name), C(office_location), C(business_phone), C(mobile_phone), C(fax_number), C(street_address), C(city), C(state),
        C(postal_code), C(country), C(employee_id), C(employee_type), C(preferred_language) and C(extension_attribute_1) to
        C(extension_attribute_15) are written to the attributes that Entra Connect reads them from, C(mail_nickname) and the last
        ones where the schema has Exchange's attributes.
      - C(proxy_addresses) is a list; the primary address has C(SMTP:) in capitals. Without one, C(mail) becomes it.
      - C(country) is an English name or a code of ISO 3166; C(c), C(co) and C(countryCode) are written together. A name stays
        in C(co) as it is given. A country that is unknown is written only to C(co), and C(left_out) and RV(table) say so.
      - C(manager) is a user principal name, or a dictionary with C(user_principal_name) or C(id). A manager whose account this task
        makes is written in a second pass; one who has no account is left out and told.
      - C(enabled) counts for O(enabled=same). C(sam_account_name) chooses that name.
      - Keys that are not named here travel along into the result untouched. So a record with a key that looks like that of a secret, in any
        spelling, is refused; passwords belong into O(given_passwords_file).
    type: list
    elements: dict
    required: true
  path:
    description:
      - Distinguished name of the container for the accounts that no rule of O(path_by) fits. It must exist.
    type: str
  path_by:
    description:
      - Rules for the container, each with a C(path) and with conditions by the keys of a record, which all must hold. The first
        rule that fits a record is taken. A condition may be a list of values, and C(upn_suffix) is the domain of the UPN.
      - Case is ignored. Every C(path) must exist.
    type: list
    elements: dict
  update:
    description:
      - What becomes of an account that exists.
      - V(empty) fills attributes that are empty and overwrites nothing. V(never) leaves it alone. V(always) overwrites what differs, and
        enables or disables by O(enabled).
      - An account is enabled only if O(journal) records that this module made it, if it needs a password, and if it is not protected
        as O(hybrid.identity.ad_user_guid#module:accepted_effects) says. Otherwise it stays disabled, and C(left_out) says why.
      - What a record does not say is left as it is, and names, container and password are never changed.
    type: str
    choices: [never, empty, always]
    default: empty
  enabled:
    description:
      - Whether the accounts are enabled; V(same) means as the cloud user is.
      - A disabled account disables its cloud user at the next sync, because Entra Connect sends the state too.
    type: str
    choices: [same, "true", "false"]
    default: same
  account_password:
    description:
      - The password of new accounts. V(random) makes a strong one for each and keeps them in O(password_file), which it requires.
        V(given) takes them from O(given_passwords_file).
      - It is written in the request that makes the account, over TLS.
      - With password hash synchronization, which the express settings of Entra Connect turn on, the password of the account replaces the
        one in the cloud. People who do not know it can no longer sign in. So V(random) is refused unless O(password_hash_sync) says that
        it is off, or O(accepted_effects) accepts V(password_replaced).
    type: str
    choices: [random, given]
    required: true
  given_passwords_file:
    description:
      - A CSV file on the controller with the passwords for O(account_password=given), which requires it.
      - The first line is C(user_principal_name,password). Each further line has the two values of one user, separated by a comma. Put a
        password that contains a comma or a quotation mark in quotation marks, and double each quotation mark in it.
      - The file is encoded in UTF-8. It must belong to the user who runs the task or to root, and be closed to
        others (mode 0600). It may be a link.
      - Only new accounts get these passwords. Lines for people who are not in O(users) are not used; a warning names these lines.
        A user who needs a new account and has no line is refused.
      - No password from this file is ever shown, logged or written to another file.
    type: path
  password_file:
    description:
      - A file on the controller to which the random passwords are added, one JSON line with C(user_principal_name) and
        C(password) each. All of them are on the disk before the first account is made.
      - The file is made with mode 0600, and refused if it is in a Git work tree, if others may read it, if it belongs to another user or is
        a link, or if others may write to its folder.
      - After a run that was killed, a user may have several lines; the last one counts.
    type: path
  password_must_change:
    description:
      - Whether people must change the password of a new account at the next logon.
      - What this does to the cloud password of a user who is hard-matched is not documented by Microsoft, so unknown.
    type: bool
    default: false
  password_hash_sync:
    description:
      - Whether password hash synchronization is on for the tenant. Without it, this is unknown.
    type: bool
  accepted_effects:
    description:
      - Effects that are refused otherwise, each with a list of user principal names.
      - V(password_replaced), the cloud password of the person is replaced by a random one. V(all) instead of a list accepts it for everybody.
      - The effects of O(hybrid.identity.match_plan#module:accepted_effects) may be in it too. They mean nothing here.
    type: dict
    default: {}
  max_changes:
    description:
      - The most accounts that may change, as a count such as V(20), or as a percentage of RV(users) such as V(5%). If more would, the task
        fails before the first write.
    type: str
  max_refused:
    description:
      - How many users may be refused while the others are written, as a count or as a percentage of RV(users). If more are, the task
        fails before the first write. RV(users) says why each was.
    type: str
    default: "0"
notes:
  - The account that signs in needs the right to create users in the containers, and to write their attributes.
  - The journal knows a new account by its UPN, as the attribute C(account), with its name and a hash of its attributes as the value after.
seealso:
  - module: hybrid.identity.entra_user_info
  - module: hybrid.identity.entra_immutable_id
  - module: hybrid.identity.ad_user_guid
  - module: hybrid.identity.rollback
  - name: Password hash synchronization
    description: What becomes of the cloud password.
    link: https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-password-hash-synchronization
"""

EXAMPLES = r"""
# Connection options are left out here: set them once, for group/hybrid.identity.ad and group/hybrid.identity.entra in
# module_defaults, or in the environment.
- name: Read everybody who is only in the cloud
  hybrid.identity.entra_user_info:
  register: cloud

- name: Show what would be made
  hybrid.identity.ad_user:
    users: "{{ cloud.users }}"
    path: OU=Staff,DC=ad,DC=contoso,DC=com
    account_password: random
    password_file: /root/new-passwords.jsonl
    accepted_effects: {password_replaced: all}
  check_mode: true
  diff: true

- name: Make the accounts, keep their passwords, and note each change
  hybrid.identity.ad_user:
    users: "{{ cloud.users }}"
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
  register: accounts

- name: Hard-match them
  hybrid.identity.entra_immutable_id:
    users: "{{ accounts.users }}"

# /root/given-passwords.csv, with mode 0600:
#   user_principal_name,password
#   adele.vance@contoso.com,"one, two, Buckle my shoe"
- name: Make one account by hand
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
users:
  description:
    - One item for each record, in the order given. It is the record, and over it the account as it is after the task.
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
      description: C(objectGUID) in its dashed form; null for an account that check mode would make.
      returned: always
      type: str
      sample: 876031de-bfb1-4f8b-9cb0-1c67a6094d3e
    source_anchor:
      description: The attribute that the ImmutableId comes from.
      returned: always
      type: str
      sample: objectGUID
    immutable_id:
      description: The ImmutableId that a sync gives the account; null where C(object_guid) is.
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
        - V(created), V(updated), V(unchanged), V(excluded), V(left_out), V(refused) or V(failed).
        - V(left_out) are people whom M(hybrid.identity.entra_user_info) left out, such as guests. They are neither changed nor refused.
      returned: always
      type: str
      sample: created
    before:
      description: The attributes that change, by their LDAP names, as they were; null for a new account.
      returned: always
      type: dict
      sample: null
    after:
      description: The same attributes as they are after the task, or would be in check mode. Never a password.
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
        - A stable identifier of why a user was refused or failed, else null.
        - V(malformed_upn), V(invalid_upn), V(malformed_value), V(value_too_long), V(two_primary_addresses),
          V(bad_sam_account_name), V(sam_account_name_taken), V(sam_wanted_twice), V(address_wanted_twice), V(duplicate_record), V(no_path), V(no_password),
          V(password_replaced) and V(password_too_short) for a record that cannot be written.
        - V(address_of_other_account), V(similar_upn), V(several_accounts), V(not_a_user), V(system_account), V(cloud_managed_account) and
          V(unreadable_object) for what is in the directory. For records that M(hybrid.identity.entra_user_info) did not find or left out,
          its cause, such as V(unlicensed).
        - V(not_tried) where the run ended before. V(interrupted) where it met an exception. V(changed_meanwhile) where the account is not as it
          was read any more. V(constraint_violation), V(entry_exists), V(insufficient_rights), V(connection_lost) and
          others for what the directory said.
      returned: always
      type: str
      sample: null
    reason:
      description: The same as a sentence that says what to do next, else null.
      returned: always
      type: str
      sample: null
    left_out:
      description: What of the record was not written, or not as it is, by key, and why.
      returned: always
      type: dict
      sample:
        mail_nickname: the schema of the directory has no mailNickname
    password_hash_sync:
      description:
        - What password hash synchronization, where it is on, does to the cloud password of the user.
        - V(replaces_with_kept), it becomes the one in O(password_file).
          V(replaces_with_given), it becomes the one in O(given_passwords_file). V(replaces_with_existing), it becomes that of the account that was there.
        - Null for users who were refused or failed.
      returned: always
      type: str
      sample: replaces_with_kept
table:
  description:
    - The users in lines for people. Counts come first, then the users who need attention, with the reasons, and at the end what of
      the records was not written as it is.
  returned: when RV(users) is
  type: list
  elements: str
  sample: ["unchanged                        41"]
summary:
  description:
    - How many users have each status, zeros included, and V(total). V(excluded) and V(left_out) are among them only if there are such users.
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
  returned: when the task made changes and O(journal) is set
  type: str
  sample: 20261124T094107Z-3f9a1c
trace:
  description:
    - Where an exception came from that the module does not know, one frame a line, without its text and without any value.
    - Report it. What the module did until then is in the other values.
  returned: when the module met an exception that it does not know
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
cause:
  description: A stable identifier of what went wrong with the connection, the directory or a write.
  returned: failure of the connection, the directory or a write
  type: str
  sample: wrong_password
result_code:
  description: The LDAP result code, where a server gave one.
  returned: failure of an LDAP operation as a whole
  type: int
  sample: 50
"""

import os
from contextlib import nullcontext
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.made import made_accounts
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.accounts.ad_user import Helpers, manage_accounts
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
from ansible_collections.hybrid.identity.plugins.module_utils._module.journal import journaled, read_journal
from ansible_collections.hybrid.identity.plugins.module_utils._module.passwords import (
    PasswordFile,
    random_password,
    read_given_passwords,
)
from ansible_collections.hybrid.identity.plugins.module_utils._module.records_module import RecordsModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run


def make(params: dict[str, Any], task: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Make and fill accounts, with the journal and the files of passwords that are asked for."""
    options = connection(params, ldap_options())
    given = read_given_passwords(task["given_passwords_file"]) if task["given_passwords_file"] else None
    keeper = PasswordFile(task["password_file"]) if task["password_file"] else None
    if keeper and check_mode:
        keeper.check()
    kept = params["journal"] and os.path.exists(params["journal"])
    made = made_accounts(read_journal(params["journal"])) if kept else frozenset()

    def service(journal: Any) -> dict[str, Any]:
        helpers = Helpers(find_country, random_password, journal, keeper, given, made)
        return manage_accounts(options, task, helpers, check_mode)

    with keeper if keeper and not check_mode else nullcontext():
        return journaled(params, service, check_mode=check_mode)


def main() -> None:
    task: dict[str, OptionSpec] = {
        "users": {"type": "list", "elements": "dict", "required": True},
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
        "exclude": exclude_option(),
        "max_changes": {"type": "str"},
        "max_refused": {"type": "str", "default": "0"},
    }
    module = RecordsModule(
        argument_spec={**ldap_options(), **journal_options(), **task},
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
    run(module, (LDAP3, PYCOUNTRY), lambda: make(module.params, pick(module.params, task), module.check_mode))


if __name__ == "__main__":
    main()
