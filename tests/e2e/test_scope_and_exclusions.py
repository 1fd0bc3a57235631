# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups of both directories as the scope, who is excluded, and accounts that programs sign in with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from outside import Control, Directory, Graph

from playbooks import Ansible, Run

CLARA, DAVID, ELIF, FELIX = (
    f"{name}@contoso.com" for name in ("clara.vogel", "david.roth", "elif.kaya", "felix.brandt")
)
HANNA, IGOR, JANA, NORA = (
    "hanna.schulz@contoso.com",
    "igor.novak@contoso.com",
    "jana.winter@contoso.com",
    "nora.haas@fabrikam.com",
)
OUTER, INNER, DYNAMIC, PILOT = (f"44444444-cccc-4000-8000-{number:012d}" for number in range(1, 5))
FOLDER = "OU=E2E Groups"
BRANCH = r"OU=Branch Office\, North"


@dataclass
class Groups:
    """Groups in Active Directory, in a unit of their own."""

    directory: Directory
    base: str
    primary: list[str] = field(default_factory=list)

    def dn(self, name: str) -> str:
        return f"CN={name},{self.base}"

    def dn_of(self, upn: str) -> str:
        (entry,) = self.directory.search(f"(userPrincipalName={upn})", "distinguishedName")
        return entry["distinguishedname"][0].decode()

    def make(self, name: str, *members: str) -> str:
        values = "".join(f"member: {member}\n" for member in members)
        sam = f"sAMAccountName: e2e-{name}\n"
        self.directory.modify(f"dn: {self.dn(name)}\nchangetype: add\nobjectClass: group\n{sam}{values}")
        return self.dn(name)

    def add(self, name: str, member: str) -> None:
        self.directory.modify(f"dn: {self.dn(name)}\nchangetype: modify\nadd: member\nmember: {member}\n")

    def make_primary(self, name: str, upn: str) -> None:
        """Make a group, of which the user is a member already, the primary group."""
        (entry,) = self.directory.search(f"(sAMAccountName=e2e-{name})", "primaryGroupToken")
        self._set_primary(upn, entry["primarygrouptoken"][0].decode())
        self.primary.append(upn)

    def restore(self) -> None:
        for upn in self.primary:
            self._set_primary(upn, "513")

    def _set_primary(self, upn: str, rid: str) -> None:
        dn = self.dn_of(upn)
        self.directory.modify(f"dn: {dn}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: {rid}\n")


@pytest.fixture
def groups(directory: Directory, fresh: None) -> Iterator[Groups]:
    directory.delete_tree(FOLDER)
    made = Groups(directory, directory.add_unit(FOLDER))
    try:
        yield made
    finally:
        made.restore()
        directory.delete_tree(FOLDER)


def statuses(run: Run, kind: str = "result") -> dict[str, str]:
    return {name: user["change"]["status"] for name, user in run.users(kind).items()}


def failed(run: Run, *words: str) -> None:
    assert run.code == 2, run.failure
    said = " ".join(run.output.split())
    assert all(word in said for word in words), run.output


def test_a_group_is_matched_without_those_who_are_excluded(
    ansible: Ansible, groups: Groups, control: Control, graph: Graph
) -> None:
    """Members are direct ones, those of a group in it, and one whose primary group it is."""
    groups.make("inner", groups.dn_of(ELIF))
    people = map(groups.dn_of, (CLARA, DAVID, FELIX, NORA, HANNA))
    pilot = groups.make("pilot", *people, groups.dn("inner"))
    groups.make_primary("pilot", FELIX)
    groups.make("tier 0", groups.dn_of(HANNA))
    ids = {name: user["id"] for name, user in graph.users().items()}
    inner = {"id": INNER, "displayName": "Inner", "members": [ids[CLARA]]}
    outer = {"id": OUTER, "displayName": "Outer", "members": [INNER]}
    control("POST", "objects", {"groups": [outer, inner]})
    variables: dict[str, Any] = {
        "hybrid_identity_scope": {"group": pilot.lower().replace(",", ", ")},
        "hybrid_identity_exclude": {
            "users": [DAVID, "mia.cloud@contoso.com"],
            "groups": [OUTER, groups.dn("tier 0")],
            "organizational_units": [f"{BRANCH},{groups.directory.base}"],
        },
        "hard_match_max_changes": 2,
    }
    run = ansible.playbook("hybrid.identity.hard_match", variables=variables)
    assert run.code == 0, run.failure
    left = dict.fromkeys((CLARA, DAVID, NORA, HANNA), "excluded")
    assert statuses(run) == {**left, ELIF: "set", FELIX: "set"}
    causes = {name: change["cause"] for name, change in run.changes().items() if name in left}
    assert causes == {
        CLARA: "excluded_group",
        HANNA: "excluded_group",
        DAVID: "excluded_user",
        NORA: "excluded_organizational_unit",
    }
    matched = {name for name, user in graph.users().items() if user["onPremisesImmutableId"]}
    assert {ELIF, FELIX} <= matched
    assert not matched & set(left)
    summary = run.header()["facts"]["summary"]
    assert (summary["total"], summary["excluded"], summary["refused"]) == (2, 4, 0)


def test_a_group_of_entra_is_the_scope(ansible: Ansible, groups: Groups, control: Control, graph: Graph) -> None:
    ids = {name: user["id"] for name, user in graph.users().items()}
    inner = {"id": INNER, "displayName": "Inner", "members": [ids[JANA]]}
    # One of them has no account.
    pilot = {"id": PILOT, "displayName": "Pilot", "members": [ids[IGOR], INNER, ids["scanner@contoso.com"]]}
    dynamic = {"id": DYNAMIC, "displayName": "All staff", "groupTypes": ["DynamicMembership"], "members": [ids[IGOR]]}
    control("POST", "objects", {"groups": [pilot, inner, dynamic]})
    scope = {"hybrid_identity_scope": {"group": PILOT}, "hard_match_max_changes": 2}
    run = ansible.playbook("hybrid.identity.hard_match", variables=scope)
    assert run.code == 0, run.failure
    assert statuses(run) == {IGOR: "set", JANA: "set"}

    for name in ("hybrid_identity_scope", "hybrid_identity_exclude"):
        value = {"group": DYNAMIC} if name.endswith("scope") else {"groups": [DYNAMIC]}
        refused = ansible.playbook("hybrid.identity.preflight", variables={**scope, name: value})
        failed(refused, f"names {DYNAMIC} (All staff), which is a dynamic group")


def test_what_nobody_has_stops_the_run(ansible: Ansible, groups: Groups) -> None:
    empty = groups.make("empty")
    preflight = "hybrid.identity.preflight"
    scope = {"hybrid_identity_scope": {"users": [IGOR]}}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"hybrid_identity_scope": {"group": empty}}, f"is a member of {empty}."),
        ({"hybrid_identity_scope": {"upn_suffixes": ["nobody.example"]}}, "that ends in @nobody.example."),
        ({**scope, "hybrid_identity_exclude": {"users": ["nobody@contoso.com"]}}, "has a user with this name"),
        ({**scope, "hybrid_identity_exclude": {"groups": [groups.dn("gone")]}}, "shows no such group"),
        ({**scope, "hybrid_identity_exclude": {"groups": [OUTER]}}, "Entra ID has no such group"),
        ({**scope, "hybrid_identity_exclude": {"organizational_units": [groups.dn("gone")]}}, "no such organizational"),
        ({**scope, "hybrid_identity_exclude": {"users": [IGOR]}}, f"scope.users names {IGOR}, and {IGOR} is excluded"),
        ({**scope, "hybrid_identity_exclude": {"user": [IGOR]}}, "hybrid_identity_exclude.user. Supported parameters"),
    ]
    for variables, words in cases:
        failed(ansible.playbook(preflight, variables=variables), words)


def test_service_accounts_are_listed_apart(ansible: Ansible, groups: Groups) -> None:
    """One with a service name and no cloud user, and a managed one."""
    service, managed = f"CN=svc-sql,{groups.base}", f"CN=msa,{groups.base}"
    groups.directory.modify(
        f"dn: {service}\nchangetype: add\nobjectClass: user\nsAMAccountName: svc-sql\n"
        "userPrincipalName: svc-sql@contoso.com\nservicePrincipalName: MSSQLSvc/db.ad.contoso.com\n"
    )
    groups.directory.modify(
        f"dn: {managed}\nchangetype: add\nobjectClass: msDS-ManagedServiceAccount\nsAMAccountName: msa$\n"
        "userAccountControl: 4096\n"
    )
    run = ansible.playbook(
        "hybrid.identity.hard_match",
        variables={"hybrid_identity_scope": {"search_base": groups.base}, "hard_match_max_changes": 0},
    )
    assert run.code == 0, run.failure
    _header, *records, _end = run.lines("result")
    found = {record["ad"]["sam_account_name"]: record["change"]["cause"] for record in records if record["ad"]}
    assert found == {"svc-sql": "service_principal_name", "msa$": "managed_service_account"}
    assert "service account" in run.output
