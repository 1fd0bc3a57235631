# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exception that nobody expects, in the middle of writes to AD: what was written stays in the result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Certificates, Options, Run, RunModule, with_place
from forest_script import BIND, DOMAIN, ROOT, by_guid_name, guid, person
from ldap_wire import ADD, BASE, Add, Done, Entry, Modify, Search, Turn, Wire

from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import Session
from ansible_collections.hybrid.identity.plugins.modules import ad_user

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.module_runs import journal_lines

OU = f"OU=Staff,{DOMAIN}"
PEOPLE = (person(1, "anna"), person(2, "bob"), person(3, "carl"))
CONTEXTS = (b"defaultNamingContext", b"rootDomainNamingContext", b"configurationNamingContext")


@pytest.fixture
def fails_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Make the n-th call of a write raise what nobody expects, with a secret in its text."""

    def fail(method: str, number: int) -> None:
        real = getattr(Session, method)
        calls: list[int] = []

        def careless(session: Session, *arguments: Any) -> None:
            calls.append(1)
            if len(calls) == number:
                raise KeyError("pa55-w0rd-that-nobody-may-see")
            real(session, *arguments)

        monkeypatch.setattr(Session, method, careless)

    return fail


def outcomes(path: Path) -> list[str]:
    return [line["outcome"] for line in journal_lines(path)]


def test_stamps(run: Run, journal: Path, fails_at: Callable[[str, int], None]) -> None:
    fails_at("modify", 2)
    write = Turn(Modify(by_guid_name(1), ((ADD, b"mS-DS-ConsistencyGuid", (guid(1).bytes_le,)),)))
    listed = Turn(Search, (*PEOPLE, Done(cookie=b"")))
    unclaimed = Turn(Search, (Done(cookie=b""),))
    script = [BIND, ROOT, listed, unclaimed, write]
    given = {"upn_suffix": ["contoso.com"], "stamp": True, "skip_checks": ["protected_accounts"]}
    result = run(script, **given, journal=str(journal))
    assert (result["failed"], result["changed"], result["cause"]) == (True, True, "unexpected")
    assert [(user["status"], user["cause"]) for user in result["users"]] == [
        ("stamped", None),
        ("failed", "interrupted"),
        ("failed", "interrupted"),
    ]
    assert result["trace"][0] == "KeyError"
    assert result["journal_run"]
    assert outcomes(journal) == ["written", "pending", "pending"]


@pytest.fixture
def accounts(certificates: Certificates, options: Options, run_module: RunModule) -> Run:
    def runner(script: list[Turn], **arguments: Any) -> dict[str, Any]:
        root = {name.decode(): [DOMAIN] for name in CONTEXTS}
        start = [
            BIND,
            Turn(Search(b"", BASE, ("present", b"objectClass"), CONTEXTS), (Entry("", root), Done())),
            Turn(Search, (Entry(DOMAIN, {"minPwdLength": ["7"]}), Done())),
            Turn(Search, (Entry("CN=x", {"lDAPDisplayName": ["displayName"]}), Done(cookie=b""))),
            Turn(Search, (Entry(OU, {"objectClass": ["top"]}), Done())),
            Turn(Search, (Entry("CN=p", {"uPNSuffixes": ["contoso.com"]}), Done())),
            Turn(Search, (Done(cookie=b""),)),
        ]
        script = with_place([*start, *script], 4, False, arguments)
        with Wire(script, certificates.good) as wire:
            result, _printed = run_module(ad_user, {**options(wire), "path": OU, **arguments})
        wire.verify()
        return result

    return runner


def test_accounts(accounts: Run, journal: Path, fails_at: Callable[[str, int], None]) -> None:
    fails_at("add", 2)
    nobody = Turn(Search, (Done(cookie=b""),))
    made = Turn(Search, (person(1, "anna"), Done(cookie=b"")))
    users = [{"user_principal_name": f"{name}@contoso.com"} for name in ("anna", "bob", "carl")]
    result = accounts([nobody, nobody, Turn(Add), made], users=users, journal=str(journal))
    assert (result["failed"], result["changed"], result["cause"]) == (True, True, "unexpected")
    assert [(user["status"], user["cause"]) for user in result["users"]] == [
        ("created", None),
        ("failed", "interrupted"),
        ("failed", "not_tried"),
    ]
    assert result["trace"]
    # The last line says which account was made, by its GUID.
    assert outcomes(journal) == ["written", "pending", "aborted", "written"]


def test_accounts_whose_guids_cannot_be_read_afterwards(accounts: Run) -> None:
    """The accounts are there, so they must be in the result although the last read failed."""
    nobody = Turn(Search, (Done(cookie=b""),))
    lost = Turn(Search, (Done(51, "busy"),))
    result = accounts([nobody, nobody, Turn(Add), lost], users=[{"user_principal_name": "anna@contoso.com"}])
    assert (result["failed"], result["changed"], result["cause"]) == (True, True, "busy")
    assert result["users"][0]["status"] == "created"
