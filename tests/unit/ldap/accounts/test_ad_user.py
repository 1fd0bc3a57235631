# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ad_user against the scripted server: the very requests it sends, and what it keeps to itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORD, Certificates, RunModule, with_place
from forest_script import ANYTHING, BIND, DOMAIN, by_guid_name, guid, person
from ldap_wire import ADD, BASE, CLOSE, DELETE, SUB, Add, Answer, Done, Entry, Modify, Search, Turn, Wire
from shield_script import account, group, shield
from support.module_runs import journal_lines

from ansible_collections.hybrid.identity.plugins.module_utils._ldap.accounts import reader, writer
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session import filters
from ansible_collections.hybrid.identity.plugins.modules import ad_user

Options = Callable[..., dict[str, Any]]
Run = Callable[..., dict[str, Any]]

OU = f"OU=Staff,{DOMAIN}"
SCHEMA = f"CN=Schema,CN=Configuration,{DOMAIN}"
KNOWN = {"displayName": 256, "department": 64, "userPrincipalName": 1024, "mail": 256, "proxyAddresses": 1123}
CONTEXTS = (b"defaultNamingContext", b"rootDomainNamingContext", b"configurationNamingContext")
CONFIGURATION = f"CN=Configuration,{DOMAIN}"
ROOT = Turn(
    Search(b"", BASE, ANYTHING, CONTEXTS),
    (Entry("", dict(zip(map(bytes.decode, CONTEXTS), ([DOMAIN], [DOMAIN], [CONFIGURATION]), strict=True))), Done()),
)
POLICY = Turn(
    Search(DOMAIN.encode(), BASE, ANYTHING, (b"minPwdLength",)), (Entry(DOMAIN, {"minPwdLength": ["7"]}), Done())
)
RANGES = Turn(
    Search,
    (
        *(
            Entry(f"CN={name},{SCHEMA}", {"lDAPDisplayName": [name], "rangeUpper": [str(most)]})
            for name, most in KNOWN.items()
        ),
        Done(cookie=b""),
    ),
)
CONTAINER = Turn(Search(OU.encode(), BASE, ANYTHING, (b"objectClass",)), (Entry(OU, {"objectClass": ["top"]}), Done()))
PARTITIONS = f"CN=Partitions,{CONFIGURATION}"
SUFFIXES = (
    Turn(
        Search(PARTITIONS.encode(), BASE, ANYTHING, (b"uPNSuffixes",)),
        (Entry(PARTITIONS, {"uPNSuffixes": ["Contoso.com"]}), Done()),
    ),
    Turn(Search, (Entry(f"CN=AD,{PARTITIONS}", {"dnsRoot": ["ad.contoso.com"]}), Done(cookie=b""))),
)
START = [BIND, ROOT, POLICY, RANGES, CONTAINER, *SUFFIXES]
SECRET = "Geheim-17-xyz"
PAGED = (1000, b"")


def looked_up(*entries: Answer) -> Turn:
    return Turn(Search, (*entries, Done(cookie=b"")))


NOBODY = looked_up()


@pytest.fixture
def run(certificates: Certificates, options: Options, run_module: RunModule) -> Run:
    """Run the module against a script; no password may be seen in anything it prints."""

    def runner(script: list[Turn], check: bool = False, **arguments: Any) -> dict[str, Any]:
        script = with_place(script, 4, check, arguments)
        with Wire(script, certificates.good) as wire:
            given = {**options(wire), "path": OU, **arguments}
            given = {name: value for name, value in given.items() if value is not None or name == "password_hash_sync"}
            result, printed = run_module(ad_user, given, check)
        wire.verify()
        assert PASSWORD not in printed
        assert SECRET not in printed
        return result

    return runner


def anna(**more: Any) -> dict[str, Any]:
    return {"user_principal_name": "anna@contoso.com", "display_name": "Anna", **more}


@pytest.fixture
def passwords_file(tmp_path: Path) -> Callable[..., str]:
    """Make a file of given passwords: the secret for each name."""

    def make(*names: str) -> str:
        path = tmp_path / "given.csv"
        path.touch(0o600)
        path.write_text("\n".join(["user_principal_name,password", *(f"{name},{SECRET}" for name in names)]))
        return str(path)

    return make


def test_an_account_is_one_request_with_its_password_in_it(run: Run, passwords_file: Callable[..., str]) -> None:
    add = Add(
        f"CN=Anna,{OU}".encode(),
        (
            (b"cn", (b"Anna",)),
            (b"sAMAccountName", (b"anna",)),
            (b"userPrincipalName", (b"anna@contoso.com",)),
            (b"userAccountControl", (b"512",)),
            (b"displayName", (b"Anna",)),
            (b"mail", (b"anna@contoso.com",)),
            (b"proxyAddresses", (b"SMTP:anna@contoso.com",)),
            (b"unicodePwd", (f'"{SECRET}"'.encode("utf-16-le"),)),
            (b"pwdLastSet", (b"0",)),
            (b"objectClass", (b"user",)),
        ),
    )
    script = [*START, NOBODY, NOBODY, Turn(add), looked_up(person(1, "anna"))]
    result = run(
        script,
        users=[anna(mail="anna@contoso.com", note="kept")],
        account_password="given",
        given_passwords_file=passwords_file("Anna@contoso.com"),
        password_must_change=True,
    )
    (user,) = result["users"]
    assert (user["status"], user["object_guid"], user["note"]) == ("created", str(guid(1)), "kept")
    assert user["immutable_id"] == "3jFgh7G/i0+csBxnpglNAQ=="
    assert user["password_hash_sync"] == "replaces_with_given"
    assert "password" not in user
    assert "given_passwords_file" not in json.dumps(result["warnings"])
    assert "Microsoft does not document" in json.dumps(result["warnings"])


def test_a_look_alike_that_the_directory_finds_is_neither_taken_nor_doubled(run: Run) -> None:
    look_alike = person(1, "x", userPrincipalName=["\u017fysadmin@contoso.com"])
    users = [{"user_principal_name": "sysadmin@contoso.com"}, anna()]
    result = run([*START, looked_up(look_alike, person(2, "anna"))], users=users, update="never", max_refused="100%")
    assert [(user["status"], user["cause"]) for user in result["users"]] == [
        ("refused", "similar_upn"),
        ("unchanged", None),
    ]
    assert "'\u017fysadmin@contoso.com' (CN=x,OU=Staff," in result["users"][0]["reason"]


def test_a_misspelt_name_in_the_file_of_passwords(run: Run, passwords_file: Callable[..., str]) -> None:
    """Its user has no password, and the warning says which line is of no use."""
    result = run(
        [*START, NOBODY, NOBODY],
        users=[anna(), {"user_principal_name": "boss@contoso.com"}],
        account_password="given",
        given_passwords_file=passwords_file("boss@contoso.com", "ana@contoso.com"),
    )
    assert "given_passwords_file has no password for anna@contoso.com" in result["msg"]
    assert [user["cause"] for user in result["users"]] == ["no_password", "not_tried"]
    (warning,) = (str(each) for each in result["warnings"] if "given_passwords_file" in str(each))
    assert "users does not contain their users: line 3." in warning
    assert "ana@" not in warning


def test_the_very_filters(run: Run) -> None:
    """Everything that a record holds is literal text in a filter."""
    people = (
        "or",
        ("equal", b"userPrincipalName", b"o'h*(a)@contoso.com"),
        ("equal", b"userPrincipalName", b"boss@contoso.com"),
        ("equal", b"proxyAddresses", b"SMTP:a*)(b@contoso.com"),
        ("equal", b"mail", b"a*)(b@contoso.com"),
    )
    names = ("or", ("equal", b"sAMAccountName", b"boss"), ("equal", b"cn", b"A*(b)"))
    records = [
        {"user_principal_name": "o'h*(a)@contoso.com"},
        {"user_principal_name": "boss@contoso.com", "display_name": "A*(b)", "mail": "a*)(b@contoso.com"},
    ]
    attributes = tuple(name.encode() for name in reader.ATTRIBUTES)
    searches = [
        Turn(Search(DOMAIN.encode(), SUB, conditions, attributes, (1000, b"")), (Done(cookie=b""),))
        for conditions in (people, names)
    ]
    result = run([*START, *searches], check=True, users=records, max_refused="100%")
    assert [(user["status"], user["cause"]) for user in result["users"]] == [
        ("refused", "invalid_upn"),
        ("created", None),
    ]


def test_check_mode_sends_no_write_and_makes_no_file(run: Run, tmp_path: Path) -> None:
    files = {"journal": str(tmp_path / "journal"), "password_file": str(tmp_path / "passwords")}
    result = run([*START, NOBODY, NOBODY], check=True, users=[anna()], **files)
    assert result["changed"] is True
    assert result["users"][0]["distinguished_name"] == f"CN=Anna,{OU}"
    assert result["diff"]["after"].splitlines()[0] == f"anna@contoso.com: CN=Anna,{OU}"
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_kept_before_its_account_is_made(run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "passwords"
    script = [*START, NOBODY, NOBODY, Turn(Add, (CLOSE,)), NOBODY]
    result = run(script[:-1], users=[anna()], password_file=str(kept), journal=str(tmp_path / "journal"))
    assert result["failed"] is True
    assert "It is unknown whether this change was made" in result["msg"]
    (line,) = kept.read_text().splitlines()
    password = json.loads(line)["password"]
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [line["outcome"] for line in journal_lines(tmp_path / "journal")] == ["unknown"]
    assert password not in (tmp_path / "journal").read_text() + json.dumps(result)


def test_all_passwords_are_kept_before_the_first_account_is_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHUNK", 1)
    monkeypatch.setattr(writer, "CONNECTIONS", 1)
    kept, people = tmp_path / "passwords", [{"user_principal_name": f"{name}@contoso.com"} for name in ("a", "b", "c")]
    result = run([*START, NOBODY, NOBODY, Turn(Add, (CLOSE,))], users=people, password_file=str(kept))
    assert [user["status"] for user in result["users"]] == ["failed"] * 3
    lines = map(json.loads, kept.read_text().splitlines())
    assert [line["user_principal_name"] for line in lines] == [person["user_principal_name"] for person in people]


def test_passwords_that_cannot_be_kept_make_no_account(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    result = run([*START, NOBODY, NOBODY], users=[anna()], password_file=str(tmp_path / "passwords"))
    assert "The passwords cannot be written to" in result["msg"]
    assert "No space left on device" in result["msg"]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_no_password_file_in_a_git_work_tree(run: Run, tmp_path: Path, kind: str, check: bool) -> None:
    tree = tmp_path / "checkout"
    (tree / "inventory").mkdir(parents=True)
    (tree / ".git").mkdir() if kind == "folder" else (tree / ".git").write_text("gitdir: /elsewhere")
    folder = tree / "inventory"
    if kind == "link":
        folder = tmp_path / "outside"
        folder.symlink_to(tree / "inventory")
    path = folder / "passwords"
    result = run([], users=[anna()], password_file=str(path), check=check)
    assert result["msg"] == (
        f"password_file {path} is in the Git work tree {tree}, so the passwords could get into a commit. Use a file "
        "outside of it."
    )


def test_a_random_password_that_replaces_the_one_of_the_cloud_is_refused(run: Run) -> None:
    refused = run([*START, NOBODY, NOBODY], users=[anna()], password_hash_sync=None)
    assert "these users can no longer sign in with their cloud password" in refused["msg"]
    assert [(user["status"], user["cause"]) for user in refused["users"]] == [("refused", "password_replaced")]
    accepted = {"password_replaced": "all", "privileged_ad_account": ["x@contoso.com"]}
    script = [*START, NOBODY, NOBODY, Turn(Add), looked_up(person(1, "anna"))]
    made = run(script, users=[anna()], password_hash_sync=True, accepted_effects=accepted)
    assert made["users"][0]["status"] == "created"
    assert "Give the users their new passwords before that, because" in json.dumps(made["warnings"])


def test_there_is_no_default_password(run_module: RunModule) -> None:
    given = {"server": "dc1.contoso.com", "path": OU, "users": [anna()], "account_password": None}
    result, _printed = run_module(ad_user, given)
    assert "missing required arguments: account_password" in result["msg"]


def test_the_rest_is_not_tried_after_a_lost_connection(run: Run, tmp_path: Path) -> None:
    people = [{"user_principal_name": f"{name}@contoso.com"} for name in ("a", "b", "c")]
    script = [*START, NOBODY, NOBODY, Turn(Add), Turn(Add, (CLOSE,))]
    journal = tmp_path / "journal"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "ansible_collections.hybrid.identity.plugins.module_utils._ldap.accounts.ad_user._with_accounts", _as_is
        )
        result = run(script, users=people, journal=str(journal))
    assert [user["status"] for user in result["users"]] == ["created", "failed", "failed"]
    assert [user["cause"] for user in result["users"]] == [None, "connection_lost", "not_tried"]
    assert [line["outcome"] for line in journal_lines(journal)] == ["written", "unknown", "aborted"]


def _as_is(_session: Any, _domain: Any, steps: Any) -> Any:
    return steps


def test_what_the_directory_refuses_is_that_user_s(run: Run) -> None:
    people = [{"user_principal_name": f"{name}@contoso.com"} for name in ("a", "b")]
    script = [*START, NOBODY, NOBODY, Turn(Add, (Done(19, "0000052D: Constraint violation"),)), Turn(Add)]
    result = run([*script, looked_up(person(2, "b"))], users=people)
    assert result["msg"].startswith(
        "Of 2 accounts, 1 was written and 1 was not: a@contoso.com: The directory refuses the password"
    )
    assert [user["cause"] for user in result["users"]] == ["constraint_violation", None]
    assert result["users"][1]["object_guid"] == str(guid(2))


def test_an_account_that_is_there_is_filled(run: Run) -> None:
    change = ((ADD, b"displayName", (b"Anna",)),)
    there = person(1, "anna", department=["Old"])
    write = Turn(Modify(by_guid_name(1), change))
    result = run([*START, looked_up(there), write], users=[anna(department="New")])
    (user,) = result["users"]
    assert (user["status"], user["before"], user["after"]) == (
        "updated",
        {"displayName": None},
        {"displayName": "Anna"},
    )
    assert result["diff"] == {
        "before_header": "AD accounts",
        "after_header": "AD accounts",
        "before": "",
        "after": "anna@contoso.com: displayName: Anna\n",
    }


def test_a_write_meets_only_what_was_read(run: Run) -> None:
    """Under the account's GUID, the values that were read go and the new ones come; others stay."""
    addresses = ["smtp:a@contoso.com", "smtp:b@contoso.com"]
    there = person(1, "anna", department=["Old"], mail=["c@contoso.com"], proxyAddresses=addresses)
    change = (
        (DELETE, b"proxyAddresses", (b"smtp:b@contoso.com",)),
        (ADD, b"proxyAddresses", (b"SMTP:c@contoso.com",)),
        (DELETE, b"department", (b"Old",)),
        (ADD, b"department", (b"New",)),
    )
    wanted = {"department": "New", "proxy_addresses": ["SMTP:c@contoso.com", "smtp:a@contoso.com"]}
    record = {"user_principal_name": "anna@contoso.com", **wanted}
    task = {"users": [record], "update": "always"}
    assert run([*START, looked_up(there), Turn(Modify(by_guid_name(1), change))], **task)["changed"] is True
    for code in (16, 20):
        write = Turn(Modify(by_guid_name(1), change), (Done(code),))
        result = run([*START, looked_up(there), write], **task)
        assert (result["failed"], result["changed"]) == (True, False)
        assert result["users"][0]["cause"] == "changed_meanwhile"


def test_a_name_that_a_container_has_is_found_after_a_listing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listing has no containers and printers, so their names are looked up all the same."""
    monkeypatch.setattr(filters, "MOST_CONDITIONS", 1)
    printer = Entry(f"CN=Anna,{OU}", {"objectGUID": [guid(9).bytes_le], "objectClass": ["top", "printQueue"]})
    by_cn = Search(DOMAIN.encode(), SUB, ("equal", b"cn", b"Anna"), tuple(map(str.encode, reader.ATTRIBUTES)), PAGED)
    again = [Turn(Search, (Done(cookie=b""),))]
    script = [*START, NOBODY, Turn(by_cn, (printer, Done(cookie=b""))), *again]
    result = run(script, check=True, users=[anna(mail="anna@contoso.com")])
    assert result["users"][0]["distinguished_name"] != f"CN=Anna,{OU}"


def test_a_disabled_administrator_stays_disabled(run: Run, tmp_path: Path) -> None:
    """The account of a member of Domain Admins that needs no password: no journal says that it is ours."""
    there = person(1, "anna", displayName=["Anna"], userAccountControl=["546"], **account(1600, "Domänen-Admins"))
    for journal in (None, str(tmp_path / "journal")):
        result = run([*START, looked_up(there)], users=[anna(enabled=True)], update="always", journal=journal)
        (user,) = result["users"]
        assert (user["status"], user["enabled"], result["changed"]) == ("unchanged", False, False)
        assert "the journal does not show that this collection created the account" in user["left_out"]["enabled"]
        assert "1 account is disabled in AD, and the cloud user is enabled" in json.dumps(result["warnings"])


def test_only_an_account_of_the_journal_is_enabled(run: Run, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    run([*START, NOBODY, NOBODY, Turn(Add), looked_up(person(1, "anna"))], users=[anna()], journal=journal)
    made = json.loads((tmp_path / "journal").read_text().splitlines()[-1])
    assert (made["id"], made["attribute"], made["outcome"]) == (str(guid(1)), "made", "written")

    def disabled(number: int, *groups: str) -> Turn:
        held = {"displayName": ["Anna"], "userAccountControl": ["514"]}
        return looked_up(person(number, "anna", **held, **account(1600, *groups)))

    enabling = ((DELETE, b"userAccountControl", (b"514",)), (ADD, b"userAccountControl", (b"512",)))
    enable = Turn(Modify(by_guid_name(1), enabling))
    again = {"users": [anna(enabled=True)], "update": "always", "journal": journal}
    result = run([*START, *shield(), disabled(1), enable], **again)
    assert result["users"][0]["after"] == {"userAccountControl": "512"}
    namesake = run([*START, *shield(), disabled(2)], **again)
    assert namesake["changed"] is False
    risen = run([*START, *shield([group("Domänen-Admins", 512)]), disabled(1, "Domänen-Admins")], **again)
    assert "it belongs to Domain Admins" in risen["users"][0]["left_out"]["enabled"]
    unread = run([*START, *shield(domain={}), disabled(1)], **again)
    assert "could not be read" in unread["users"][0]["left_out"]["enabled"]


def test_a_missing_container_is_told_before_anything_else(run: Run) -> None:
    missing = Turn(Search(OU.encode(), BASE, ANYTHING, (b"objectClass",)), (Done(32),))
    result = run([BIND, ROOT, POLICY, RANGES, missing], users=[anna()])
    assert result["msg"] == (
        f"{OU} does not exist in {DOMAIN}. Create it first, or correct path and path_by. Nothing was written."
    )


def test_refused_users_and_limits_end_it_before_a_write(run: Run) -> None:
    refused = run([*START, NOBODY, NOBODY], users=[anna(), {"user_principal_name": "x"}])
    assert refused["msg"].startswith("Nothing was changed: 1 of 2 users is refused, and max_refused allows 0. x: ")
    assert refused["summary"]["created"] == 0
    assert [user["cause"] for user in refused["users"]] == ["not_tried", "malformed_upn"]
    within = run([*START, NOBODY, NOBODY], users=[anna(), {"user_principal_name": "x"}], max_refused="50%", check=True)
    assert [user["status"] for user in within["users"]] == ["created", "refused"]
    beyond = run([*START, NOBODY, NOBODY], users=[anna(), {"user_principal_name": "x"}], max_refused="49%", check=True)
    assert "max_refused allows 49% of 2, so 0 at most" in beyond["verdict"]
    assert (beyond["changed"], [user["status"] for user in beyond["users"]]) == (False, ["created", "refused"])
    malformed = run([], users=[anna()], max_refused="skip")
    assert "max_refused: 'skip' is neither a count of users such as 20 nor a percentage" in malformed["msg"]
    limited = run([*START, NOBODY, NOBODY], users=[anna()], max_changes="0")
    assert "max_changes" in limited["msg"]
    assert limited["changed"] is False


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "given_passwords_file is only for account_password=given"),
        (
            {"account_password": "given", "password_file": "/tmp/no-such-file"},
            "password_file is only for account_password=random",
        ),
    ],
)
def test_files_of_passwords_that_the_mode_does_not_use(
    run: Run, passwords_file: Callable[..., str], more: dict[str, Any], words: str
) -> None:
    users = [{"user_principal_name": "a@b.c"}]
    assert run([], users=users, given_passwords_file=passwords_file("a@b.c"), **more)["msg"].startswith(words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"users": []}, "users is empty"),
        ({"users": [{"display_name": "Anna"}]}, "Record 1 of users has no user_principal_name"),
        ({"users": [{"user_principal_name": "a@b.c", "password": SECRET}]}, "Record 1 of users has the key 'password'"),
        (
            {"users": [{"user_principal_name": "a@b.c", "PassWord": SECRET}]},
            "has the key 'PassWord', which looks like the key of a secret",
        ),
        ({"users": [{"user_principal_name": "a@b.c"}], "account_password": "given"}, "missing: given_passwords_file"),
        ({"users": [{"user_principal_name": "a@b.c"}], "account_password": "random"}, "missing: password_file"),
        (
            {"users": [{"user_principal_name": "a@b.c"}], "accepted_effects": {"password_replaced": True}},
            "must be all or",
        ),
        (
            {
                "users": [{"user_principal_name": "a@b.c"}],
                "account_password": "given",
                "given_passwords_file": "/tmp/no-such-file",
            },
            "given_passwords_file /tmp/no-such-file cannot be read",
        ),
        ({"users": [{"user_principal_name": "a@b.c"}], "max_changes": "many"}, "max_changes"),
        ({"users": [{"user_principal_name": "a@b.c"}], "path": "Staff"}, "is not a distinguished name"),
    ],
)
def test_input(run: Run, arguments: dict[str, Any], words: str) -> None:
    assert words in run([], **arguments)["msg"]
