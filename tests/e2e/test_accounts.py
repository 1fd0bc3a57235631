# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role accounts: refusals before any write, check mode, a second run that does nothing, limits, rollback."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import SUFFIX, choices, crowd, given_passwords, unit
from outside import Control, Directory, Graph
from test_chain import diff_lines, dump

from playbooks import Ansible

COUNT = 40


@pytest.fixture
def path(control: Control, directory: Directory, fresh: None) -> Iterator[str]:
    control("POST", "users", crowd(COUNT))
    with unit(directory, "Crowd") as dn:
        yield dn


@pytest.fixture
def suffix(directory: Directory, fresh: None) -> None:
    directory.add_suffixes(SUFFIX)


def living(dumped: str) -> list[str]:
    """What was dumped without what was deleted in AD, which stays there for months."""
    return [block for block in dumped.split("\n\n") if ",CN=Deleted Objects," not in block]


def made(directory: Directory, path: str) -> list[str]:
    found = directory.search("(objectClass=user)", "userPrincipalName", base=path)
    return sorted(entry["userprincipalname"][0].decode() for entry in found)


def test_missing_suffixes_are_one_error_before_any_write(
    ansible: Ansible, state: Path, path: str, tmp_path: Path
) -> None:
    before = dump(state)
    run = ansible.playbook("hybrid.identity.accounts", variables=choices(path, tmp_path))
    assert run.code == 2
    assert f"The forest has no UPN suffix {SUFFIX}. Add it" in " ".join(run.output.split()), run.output
    assert dump(state) == before
    assert run.accounts("plan")["summary"]["refused"] == COUNT


def test_check_mode_then_the_run_then_nothing_left_then_back(
    ansible: Ansible, state: Path, directory: Directory, path: str, tmp_path: Path
) -> None:
    run = ansible.playbook("hybrid.identity.upn_suffixes", variables={"hybrid_identity_domains": [SUFFIX]})
    assert run.code == 0, run.failure
    before, variables = dump(state), choices(path, tmp_path)
    predicted = ansible.playbook("hybrid.identity.accounts", "--check", "--diff", variables=variables)
    assert predicted.code == 0, predicted.failure
    assert dump(state) == before
    files = ["accounts-plan.jsonl", "accounts-users.jsonl"]
    assert sorted(found.name for found in predicted.folder.iterdir()) == files
    assert not (tmp_path / "passwords").exists()

    limited = ansible.playbook("hybrid.identity.accounts", variables={**variables, "accounts_max_changes": "50%"})
    assert limited.code == 2
    assert f"because the run would change {COUNT} users" in " ".join(limited.output.split()), limited.output
    assert dump(state) == before

    done = ansible.playbook("hybrid.identity.accounts", "--diff", variables=variables)
    assert done.code == 0, done.failure
    assert diff_lines(done.output) == diff_lines(predicted.output)
    assert len(diff_lines(done.output)) > 5 * COUNT
    assert f"account created {COUNT:>19}" in done.output, done.output
    upns = [user["userPrincipalName"] for user in crowd(COUNT)]
    assert made(directory, path) == upns
    first = json.loads(done.journal.read_text("utf-8").splitlines()[0])
    assert first["tenant"] == done.lines("plan", "accounts")[0]["tenant"]
    result = done.folder / "accounts-result.jsonl"
    assert {stat.S_IMODE(found.stat().st_mode) for found in (result, done.journal)} == {0o600}
    assert stat.S_IMODE(done.folder.stat().st_mode) == 0o700
    for line in (tmp_path / "passwords").read_text().splitlines():
        password = json.loads(line)["password"]
        assert password not in done.output
        assert password not in result.read_text() + done.journal.read_text()

    after = dump(state)
    again = ansible.playbook("hybrid.identity.accounts", "--diff", variables=variables)
    assert again.code == 0, again.failure
    assert again.recap()["changed"] == 0
    assert diff_lines(again.output) == []
    assert dump(state) == after

    back = {"hybrid_identity_rollback": done.folder.name}
    run = ansible.playbook("hybrid.identity.rollback", variables=back)
    assert run.code == 0, run.failure
    assert f"account removed {COUNT:>19}" in run.output, run.output
    assert living(dump(state)) == living(before)


@pytest.mark.usefixtures("suffix")
def test_the_chain_makes_accounts_only_where_it_is_asked_to(
    ansible: Ansible, directory: Directory, path: str, tmp_path: Path
) -> None:
    variables = {**choices(path, tmp_path), "hard_match_scope": {"search_base": path}, "sync_cycle": "never"}
    site = "hybrid.identity.site"
    assert ansible.playbook(site, "--skip-tags", "ad_domain,hard_match,sync", variables=variables).code == 0
    assert made(directory, path) == []
    run = ansible.playbook(site, "--tags", "accounts", variables=variables)
    assert run.code == 0, run.failure
    assert len(made(directory, path)) == COUNT


@pytest.mark.usefixtures("suffix")
def test_check_mode_of_the_chain_where_all_accounts_are_missing(
    ansible: Ansible, directory: Directory, path: str, tmp_path: Path
) -> None:
    variables = {**choices(path, tmp_path), "hard_match_scope": {"search_base": path}, "sync_cycle": "never"}
    run = ansible.playbook("hybrid.identity.site", "--check", "--tags", "accounts,hard_match", variables=variables)
    assert run.code == 0, run.failure
    assert "check mode does not create the accounts" in " ".join(run.output.split())
    assert made(directory, path) == []


@pytest.mark.once
@pytest.mark.usefixtures("suffix")
def test_who_is_excluded_gets_no_account_and_keeps_one_as_it_is(
    ansible: Ansible, directory: Directory, control: Control, graph: Graph, path: str, tmp_path: Path
) -> None:
    names = [f"person{number:03d}@{SUFFIX}" for number in range(1, 5)]
    ids = [graph.users()[name]["id"] for name in names]
    pilot, kept = (f"44444444-cccc-4000-8000-{number:012d}" for number in (11, 12))
    groups = [
        {"id": pilot, "displayName": "Pilot", "members": ids},
        {"id": kept, "displayName": "Kept", "members": [ids[1]]},
    ]
    control("POST", "objects", {"groups": groups})
    exclude = {"users": [names[0]], "groups": [kept]}
    variables = choices(path, tmp_path, accounts_scope={"group": pilot}, hybrid_identity_exclude=exclude)
    run = ansible.playbook("hybrid.identity.accounts", variables=variables)
    assert run.code == 0, run.failure
    assert made(directory, path) == names[2:]

    variables |= {"accounts_update": "always", "hybrid_identity_exclude": {**exclude, "organizational_units": [path]}}
    control("PATCH", "users", [{"id": ids[2], "department": "Finance"}])
    again = ansible.playbook("hybrid.identity.accounts", variables=variables)
    assert again.code == 0, again.failure
    assert again.accounts()["summary"]["excluded"] == 4
    causes = {user["user_principal_name"]: user["cause"] for user in again.accounts()["users"]}
    assert causes == {
        names[0]: "excluded_user",
        names[1]: "excluded_group",
        **dict.fromkeys(names[2:], "excluded_organizational_unit"),
    }
    (entry,) = directory.search(f"(userPrincipalName={names[2]})", "department")
    assert entry["department"] == [b"Sales"]


@pytest.mark.once
@pytest.mark.usefixtures("suffix")
def test_a_scope_without_users_is_an_error(
    ansible: Ansible, directory: Directory, control: Control, path: str, tmp_path: Path
) -> None:
    """Nobody is not everybody, and a run that does nothing must not look like one that found nothing to do."""
    control("POST", "objects", {"groups": [{"displayName": "Empty", "members": []}]})
    domains = {"hybrid_identity_domains": [SUFFIX, "nobody.example"]}
    scopes: list[tuple[dict[str, Any], str]] = [
        ({"group": "Empty"}, "Empty"),
        ({"upn_suffixes": [SUFFIX, "Nobody.example"]}, "nobody.example"),
    ]
    for scope, named in scopes:
        run = ansible.playbook(
            "hybrid.identity.accounts", variables=choices(path, tmp_path, accounts_scope=scope, **domains)
        )
        assert run.code == 2, run.failure
        assert (f"The scope of accounts contains {named}, but Entra ID has no users there") in " ".join(
            run.output.split()
        )
    assert made(directory, path) == []


@pytest.mark.usefixtures("suffix")
def test_only_people_with_a_licence_get_accounts(
    ansible: Ansible,
    lab: dict[str, Any],
    directory: Directory,
    control: Control,
    graph: Graph,
    path: str,
    tmp_path: Path,
) -> None:
    names = [f"person{number:03d}@{SUFFIX}" for number in range(1, 6)]
    ids = [graph.users()[name]["id"] for name in names]
    control("POST", "objects", {"groups": [{"displayName": "All of one team", "members": ids}]})
    differences: tuple[dict[str, Any], ...] = (
        {"userType": "Guest"},
        {"assignedLicenses": []},
        {"lab": {"mailbox": "shared"}},
        {"lab": {"mailbox": "room"}},
    )
    control("PATCH", "users", [{"id": key, **each} for key, each in zip(ids[1:], differences, strict=True)])
    scope = {"accounts_scope": {"group": "all of one team"}}
    variables = choices(path, tmp_path, **scope)
    run = ansible.playbook("hybrid.identity.accounts", variables=variables)
    assert run.code == 0, run.failure
    assert made(directory, path) == names[:1]
    causes = {user["user_principal_name"]: user["cause"] for user in run.accounts()["users"]}
    assert [causes[name] for name in names] == [None, "user_type", "unlicensed", "shared_mailbox", "room_mailbox"]
    assert f"left out: {names[2]}: The user has no licence" in " ".join(run.output.split())

    # An app that may not read mailboxes says so.
    entra = {
        **{name: lab[name] for name in ("tenant", "authority", "graph_url")},
        "graph_ca_cert": lab["ca_cert"],
        "disable_instance_discovery": True,
        **lab["apps"]["hard-matcher"],
    }
    blind = ansible.playbook("hybrid.identity.accounts", "--check", variables={**variables, "accounts_entra": entra})
    assert "What the mailboxes of 3 users are for" in " ".join(blind.output.split())
    assert blind.accounts("plan")["summary"]["created"] == 2


@pytest.mark.once
@pytest.mark.usefixtures("suffix")
def test_random_passwords_are_not_made_where_people_would_be_locked_out(
    ansible: Ansible, state: Path, directory: Directory, path: str, tmp_path: Path
) -> None:
    before, variables = dump(state), choices(path, tmp_path, accounts_password_hash_sync=True)
    refused = ansible.playbook("hybrid.identity.accounts", variables=variables)
    assert refused.code == 2
    assert "can no longer sign in with their cloud password" in " ".join(refused.output.split()), refused.output
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    kept = {"accounts_password_file": str(tmp_path / "checkout" / "passwords")}
    in_git = ansible.playbook("hybrid.identity.accounts", variables={**choices(path, tmp_path), **kept})
    assert (in_git.code, "is in the Git work tree" in " ".join(in_git.output.split())) == (2, True)
    assert dump(state) == before
    accepted = {**variables, "hybrid_identity_accepted_effects": {"password_replaced": "all"}}
    done = ansible.playbook("hybrid.identity.accounts", variables=accepted)
    assert done.code == 0, done.failure
    assert len(made(directory, path)) == COUNT


@pytest.mark.once
@pytest.mark.usefixtures("suffix")
def test_an_excluded_user_whom_nobody_knows_stops_the_role(
    ansible: Ansible, directory: Directory, path: str, tmp_path: Path
) -> None:
    """One who is in Active Directory only is known."""
    exclude = {"users": [f"person001@{SUFFIX}", "otto.onlyad@contoso.com", f"person02@{SUFFIX}"]}
    variables = choices(path, tmp_path, hybrid_identity_exclude=exclude)
    run = ansible.playbook("hybrid.identity.accounts", variables=variables)
    assert run.code == 2, run.failure
    said = " ".join(run.output.split())
    assert f"hybrid_identity_exclude.users names person02@{SUFFIX}, but neither Entra ID nor" in said
    assert made(directory, path) == []


@pytest.mark.once
def test_nobody_to_make_an_account_for(ansible: Ansible, path: str, tmp_path: Path) -> None:
    variables = choices(path, tmp_path, hybrid_identity_domains=["nobody.contoso.com"])
    run = ansible.playbook("hybrid.identity.accounts", variables=variables)
    assert run.code == 0, run.failure
    assert run.accounts()["summary"]["total"] == 0


@pytest.mark.once
@pytest.mark.usefixtures("suffix")
def test_given_passwords_are_seen_nowhere(ansible: Ansible, directory: Directory, path: str, tmp_path: Path) -> None:
    """Names and counts stay readable, also where ansible-core masks what an argument spec keeps out of the logs."""
    secret = "Rather-Secret-4711"
    person = {"user_principal_name": f"given@{SUFFIX}", "display_name": "Given"}
    variables = choices(path, tmp_path, accounts_users=[person], accounts_password="given")
    # Given passwords are those that people know, so password hash sync need not be off.
    variables |= {"accounts_password_hash_sync": True, "accounts_password_file": ""}
    variables["accounts_given_passwords_file"] = given_passwords(tmp_path, {f"Given@{SUFFIX}": secret})
    for check in (["--check"], []):
        run = ansible.playbook("hybrid.identity.accounts", "-vvvv", "--diff", *check, variables=variables)
        assert run.code == 0, run.failure
        assert secret not in run.output
        assert f"account created {1:>19}" in run.output
        assert f"given@{SUFFIX}: displayName: Given" in run.output
        assert run.recap()["failed"] == 0
        users = run.accounts("plan" if check else "result")["users"]
        assert [user["user_principal_name"] for user in users] == [f"given@{SUFFIX}"]
        assert secret not in "".join(found.read_text() for found in run.folder.iterdir())
    assert directory.signs_in(f"given@{SUFFIX}", secret)


@pytest.mark.usefixtures("suffix")
def test_a_password_in_a_record_is_refused_and_not_shown(
    ansible: Ansible, directory: Directory, path: str, tmp_path: Path
) -> None:
    secret = "Rather-Secret-4711"
    person = {"user_principal_name": f"given@{SUFFIX}", "password": secret}
    run = ansible.playbook(
        "hybrid.identity.accounts", "-vvvv", "--diff", variables=choices(path, tmp_path, accounts_users=[person])
    )
    assert run.code == 2
    words = "Record 1 of users has the key 'password', which looks like the key of a secret"
    assert words in " ".join(run.output.split()), run.output
    assert secret not in run.output
    assert made(directory, path) == []
