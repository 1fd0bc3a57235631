# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who stays as they are when a run is rolled back, and what stops a rollback before its first write."""

from __future__ import annotations

import os
from typing import Any

import pytest
from estate import IDS, NAMES, STAFF, VALUES, Estate, upn
from forest_script import guid, person
from ldap_wire import Delete, Done, Search
from live_graph import DENIED
from rolled_back import (
    MADE,
    MATCHED,
    NOBODY,
    PLACE,
    PUT_BACK,
    REMOVED,
    UNCHANGED,
    filled_entry,
    made_entry,
    make_accounts,
    people,
    statuses,
)
from scripted_graph import TENANT_ID, error, object_id, user
from shield_script import account
from support.descriptors import of_domain
from support.module_runs import journal_lines

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.sids import sid_text
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import (
    PENDING,
    encode_origin,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.origin import Origin
from ansible_collections.hybrid.identity.plugins.module_utils._ldap.session.connection import Session

BUSY = Done(51)
ORIGIN: Origin = {"controller": "c", "job": None, "app": None, "version": "1.0.0", "note": ""}


def outcomes(estate: Estate, run: str) -> list[str]:
    return [line["outcome"] for line in journal_lines(estate.journal_of(run))]


def nothing_written(estate: Estate) -> bool:
    writes = [each for each in estate.graph.writes if not each.startswith("POST /$batch")]
    return not estate.directory.writes and not writes


# --- Whose account a cloud user needs


def synchronised(estate: Estate, **values: Any) -> None:
    """A cloud user of another name, as a sync left it."""
    estate.graph.put(user(9, "moved@contoso.com", onPremisesSyncEnabled=True, **values))


@pytest.mark.parametrize("by", ["objectGUID", "mS-DS-ConsistencyGuid", "objectSid"])
def test_an_account_that_a_synchronised_user_has_stays(estate: Estate, by: str) -> None:
    own: dict[str, dict[str, Any]] = {
        "objectGUID": {"onPremisesImmutableId": VALUES["anna"]},
        "mS-DS-ConsistencyGuid": {"onPremisesImmutableId": VALUES["bob"]},
        "objectSid": {"onPremisesSecurityIdentifier": sid_text(of_domain(1601))},
    }
    if by == "mS-DS-ConsistencyGuid":
        estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(2).bytes_le])
    make_accounts(estate, "anna")
    synchronised(estate, **own[by])
    result = estate.roll_back()
    assert statuses(result) == {"anna": ("refused", "synchronised")}
    assert "moved@contoso.com in Entra ID is synchronised with CN=anna" in result["verdict"]
    assert nothing_written(estate)


@pytest.mark.parametrize(
    ("holder", "deleted"),
    [
        (user(9, "other@contoso.com", VALUES["anna"]), False),
        (user(9, "former@contoso.com", VALUES["anna"], onPremisesSyncEnabled=False), False),
        (user(9, "deleted@contoso.com", VALUES["anna"]), True),
    ],
)
def test_an_account_of_a_user_whom_the_run_did_not_match_stays(estate: Estate, holder: Any, deleted: bool) -> None:
    make_accounts(estate, "anna", "bob")
    estate.graph.put(holder, deleted=deleted)
    result = estate.roll_back(max_refused="1")
    assert statuses(result) == {"anna": ("refused", "has_cloud_user"), "bob": REMOVED}
    assert people(estate) == {"anna", "carl"}


def test_an_account_stays_if_the_immutable_id_of_its_user_cannot_be_taken_back(estate: Estate) -> None:
    """The cloud user got another value since; somebody else has the value of the account."""
    make_accounts(estate, "anna")
    estate.match(MADE)
    estate.graph.users[IDS["anna"]]["onPremisesImmutableId"] = "c29tZWJvZHkgZWxzZSdzIQ=="
    result = estate.roll_back(MADE, max_refused="1")
    assert statuses(result)["anna"] == ("refused", "changed_since")
    assert "anna" in people(estate)
    assert estate.values() == {**NOBODY, "anna": "c29tZWJvZHkgZWxzZSdzIQ=="}


def test_after_the_first_sync_everybody_is_refused_and_nothing_changes(estate: Estate) -> None:
    make_accounts(estate)
    estate.match(MADE, write_consistency_guid="from_guid")
    for name in NAMES:
        estate.graph.users[IDS[name]]["onPremisesSyncEnabled"] = True
    estate.directory.requests.clear()
    estate.graph.asked.clear()
    result = estate.roll_back(MADE, max_refused="100%")
    assert {status for status, _cause in statuses(result).values()} == {"refused"}
    assert (result["changed"], nothing_written(estate), estate.values()) == (False, True, VALUES)
    assert people(estate) == set(NAMES)


@pytest.mark.parametrize("denied", ["/users", "/users?"])
def test_nothing_is_written_if_entra_cannot_be_asked(estate: Estate, denied: str) -> None:
    make_accounts(estate)
    estate.graph.denied.add(denied)
    result = estate.roll_back()
    assert result["failed"]
    assert nothing_written(estate)
    assert people(estate) == set(NAMES)


def test_a_filter_by_security_identifier_that_graph_refuses_keeps_the_accounts(estate: Estate) -> None:
    make_accounts(estate)
    estate.graph.answers = lambda _method, path: (
        error(400, "Request_UnsupportedQuery") if "onPremisesSecurityIdentifier in" in path else None
    )
    assert estate.roll_back()["failed"]
    assert people(estate) == set(NAMES)


def test_the_look_up_by_security_identifier_is_an_advanced_query(estate: Estate) -> None:
    make_accounts(estate)
    estate.roll_back(check=True)
    (request,) = [each for each in estate.graph.requests if "onPremisesSecurityIdentifier%20in" in each.path]
    assert "$count=true" in request.path.replace("%24", "$")
    assert {name.lower(): value for name, value in request.headers.items()}["consistencylevel"] == "eventual"


def test_who_is_in_the_recycle_bin_must_be_known(estate: Estate) -> None:
    make_accounts(estate)
    estate.graph.denied.add("/directory/deletedItems")
    result = estate.roll_back()
    assert statuses(result) == dict.fromkeys(NAMES, ("refused", "unread_deleted_users"))
    assert estate.roll_back(skip_checks=["deleted_users"])["summary"]["removed"] == 3


def test_an_anchor_that_a_synchronised_user_has_stays(estate: Estate) -> None:
    estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(50).bytes_le])
    estate.write_journal(MADE, filled_entry(1, "anna", "mS-DS-ConsistencyGuid", None, str(guid(50))))
    synchronised(estate, onPremisesImmutableId=immutable_id_of_guid(guid(50)))
    assert statuses(estate.roll_back()) == {"anna": ("refused", "synchronised")}
    estate.graph.users.pop(object_id(9))
    assert statuses(estate.roll_back()) == {"anna": PUT_BACK}


@pytest.mark.parametrize(
    ("attribute", "before", "after"),
    [("mail", None, ["bob@contoso.com"]), ("userAccountControl", ["514"], ["512"])],
)
@pytest.mark.parametrize("by", ["objectGUID", "objectSid"])
def test_values_that_a_run_filled_stay_if_a_synchronised_user_has_the_account(
    estate: Estate, attribute: str, before: Any, after: Any, by: str
) -> None:
    """The next sync would take the addresses away from the cloud user, or disable it."""
    estate.directory.change("bob", **{attribute: after})
    estate.write_journal(MADE, filled_entry(2, "bob", attribute, before, after))
    own: dict[str, dict[str, Any]] = {
        "objectGUID": {"onPremisesImmutableId": VALUES["bob"]},
        "objectSid": {"onPremisesSecurityIdentifier": sid_text(of_domain(1602))},
    }
    synchronised(estate, **own[by])
    result = estate.roll_back()
    assert statuses(result) == {"bob": ("refused", "synchronised")}
    assert "the next sync would change the cloud user too" in result["verdict"]
    assert nothing_written(estate)
    estate.graph.users.pop(object_id(9))
    assert statuses(estate.roll_back()) == {"bob": PUT_BACK}


# --- Accounts that somebody uses, or has changed


@pytest.mark.parametrize(
    "sign_in",
    [{"lastLogonTimestamp": ["134000000000000000"]}, {"lastLogon": ["134000000000000000"]}, {"logonCount": ["3"]}],
)
def test_an_account_that_was_signed_in_to_is_disabled(estate: Estate, sign_in: dict[str, list[str]]) -> None:
    make_accounts(estate, "anna", "bob")
    estate.directory.change("bob", lastLogon=["0"], logonCount=["0"])
    estate.match(MADE)
    estate.directory.change("anna", **sign_in)
    result = estate.roll_back(MADE)
    assert statuses(result)["anna"] == ("disabled", "signed_in")
    assert statuses(result)["bob"] == REMOVED
    assert (people(estate), result["verdict"], estate.values()) == ({"anna", "carl"}, "", NOBODY)
    assert estate.directory.held[f"CN=anna,{STAFF}"]["userAccountControl"] == [b"514"]
    assert any("Somebody has signed in to CN=anna" in line for line in result["table"])
    again = estate.roll_back(MADE)
    assert (statuses(again)["anna"], again["changed"], again["verdict"]) == (("unchanged", "signed_in"), False, "")


@pytest.mark.parametrize(
    "change",
    [
        {"description": ["Ours"]},
        {"department": ["Sales"]},
        {"memberOf": [f"CN=Staff,{STAFF}"]},
        {"sAMAccountName": ["anne"]},
    ],
)
def test_an_account_that_others_changed_stays_with_its_match(estate: Estate, change: dict[str, list[str]]) -> None:
    make_accounts(estate)
    estate.match(MADE)
    estate.directory.change("anna", **change)
    refused = estate.roll_back(MADE)
    assert statuses(refused)["anna"] == ("refused", "changed_since")
    assert (refused["changed"], estate.values(), people(estate)) == (False, VALUES, set(NAMES))
    result = estate.roll_back(MADE, max_refused="1")
    assert (estate.values(), people(estate)) == ({**NOBODY, "anna": VALUES["anna"]}, {"anna"})
    assert result["verdict"] == ""


def test_an_account_that_was_moved_or_renamed_stays(estate: Estate) -> None:
    make_accounts(estate)
    estate.directory.move("anna", f"OU=Gone,{STAFF}")
    estate.directory.held[f"CN=robert,{STAFF}"] = estate.directory.held.pop(f"CN=bob,{STAFF}")
    estate.write_journal(MADE, filled_entry(3, "carl", "made", None, f"CN=carl,{STAFF}"))
    estate.directory.change("carl", userPrincipalName=["charles@contoso.com"])
    result = estate.roll_back(max_refused="100%")
    assert {name: cause for name, (_status, cause) in statuses(result).items()} == {
        "anna": "changed_since", "bob": "changed_since", "charles": "renamed_since"
    }  # fmt: skip
    assert not estate.directory.writes


def test_a_cloud_user_who_was_renamed_stays_with_the_account(estate: Estate) -> None:
    make_accounts(estate, "anna")
    estate.match(MADE)
    estate.graph.users[IDS["anna"]]["userPrincipalName"] = "anne@contoso.com"
    result = estate.roll_back(MADE, max_refused="1")
    assert statuses(result)["anna"] == ("refused", "renamed_since")
    assert ("anna" in people(estate), estate.values()["anna"]) == (True, VALUES["anna"])


# --- Limits, and runs that cannot be rolled back


def test_limits(estate: Estate) -> None:
    estate.match(MATCHED)
    limited = estate.roll_back(max_changes="2")
    assert "Nothing was changed, because the run would change 3 users of 3 in scope" in limited["verdict"]
    assert (limited["changed"], estate.values()) == (False, VALUES)
    assert "max_refused: 'some' is neither a count" in estate.roll_back(max_refused="some")["msg"]
    assert estate.roll_back(max_changes="100%")["summary"]["put_back"] == 3


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            "20261129T110000Z-localhost-cccccc",
            f"has no run '20261129T110000Z-localhost-cccccc' with a journal.jsonl; the newest are {MATCHED}.",
        ),
        ("../elsewhere", "'../elsewhere' is not the name of a run"),
        ("", "'' is not the name of a run"),
    ],
)
def test_runs_that_are_not_there(estate: Estate, run: str, words: str) -> None:
    estate.match(MATCHED)
    assert words in estate.roll_back(run)["msg"]


def test_a_folder_without_runs_has_no_last_one(estate: Estate) -> None:
    assert "has no run that changed anything, except for rollbacks" in estate.roll_back()["msg"]
    assert "cannot be read: No such file or directory" in estate.roll_back(run_folder="/nonexistent")["msg"]


@pytest.mark.parametrize("kind", ["tenant", "domain"])
def test_a_run_elsewhere_is_not_rolled_back_here(estate: Estate, kind: str) -> None:
    estate.match(MATCHED, write_consistency_guid="from_guid")
    path = estate.journal_of(MATCHED)
    here = TENANT_ID if kind == "tenant" else PLACE[1]
    path.write_text(path.read_text().replace(f'"{here}"', '"00000000-1111-4222-8333-444444444444"'))
    assert f"changed the {kind} 00000000-1111-4222-8333-444444444444" in estate.roll_back()["msg"]
    assert estate.values() == VALUES


def test_accounts_for_the_users_of_another_tenant_stay(estate: Estate) -> None:
    """No line of the run is about Entra ID, and this tenant does not know who is synchronised in the other one."""
    make_accounts(estate)
    path, elsewhere = estate.journal_of(MADE), "00000000-1111-4222-8333-444444444444"
    lines = path.read_bytes()
    path.write_bytes(encode_origin(MADE, {"tenant": elsewhere, **ORIGIN}) + lines)
    refused = estate.roll_back()
    assert f"changed AD accounts of users of the tenant {elsewhere}" in refused["msg"]
    assert people(estate) == set(NAMES)
    path.write_bytes(encode_origin(MADE, {"tenant": TENANT_ID.upper(), **ORIGIN}) + lines)
    assert estate.roll_back()["summary"]["removed"] == 3


# --- Kills and failures


def test_the_open_lines_of_a_killed_run_are_settled_by_looking(estate: Estate) -> None:
    """anna's account was made, bob's was not, and somebody has changed carl's since."""
    make_accounts(estate, outcome=PENDING)
    estate.directory.delete("bob")
    estate.directory.change("carl", department=["Sales"])
    before = estate.journal_of(MADE).read_bytes()
    looked = estate.roll_back(check=True, max_refused="1")
    assert estate.journal_of(MADE).read_bytes() == before
    assert looked["summary"]["removed"] == 1
    result = estate.roll_back(max_refused="1")
    assert statuses(result) == {"anna": REMOVED, "bob": UNCHANGED, "carl": ("refused", "changed_since")}
    assert outcomes(estate, MADE) == ["written", "aborted", "unknown"]


def test_a_journal_that_was_cut_is_rolled_back_with_a_warning(estate: Estate) -> None:
    """Nobody can tell a line that a kill cut, whose change was not sent, from one that was lost later."""
    make_accounts(estate)
    # A name of its own: ansible-core keeps the warnings of all modules of a process.
    run = f"{MADE}1"
    estate.journal_of(MADE).parent.rename(estate.journal_of(run).parent)
    assert f"The journal of the run {run}" not in str(estate.roll_back(check=True).get("warnings"))
    path = estate.journal_of(run)
    path.write_bytes(path.read_bytes()[:-40])
    result = estate.roll_back()
    assert statuses(result) == {"anna": REMOVED, "bob": REMOVED}
    assert f"The journal of the run {run} has 1 incomplete line" in str(result["warnings"])
    path.write_bytes(path.read_bytes().replace(b'"attribute"', b'"attribut"', 1))
    assert "Line 1 of" in estate.roll_back()["msg"]
    path.write_bytes(b"")
    empty = estate.roll_back(run)
    assert (empty["changed"], empty["verdict"]) == (False, "")
    assert f"The journal of the run {run} has no changes" in str(empty["warnings"])


def test_open_lines_are_settled_if_nothing_goes_back(estate: Estate) -> None:
    """The run was killed before its first change was carried out."""
    make_accounts(estate, outcome=PENDING)
    for name in NAMES:
        estate.directory.delete(name)
    runs = sorted(path.name for path in estate.folder.iterdir())
    result = estate.roll_back(MADE)
    assert (result["changed"], result["verdict"]) == (False, "")
    assert outcomes(estate, MADE) == ["aborted", "aborted", "aborted"]
    assert sorted(path.name for path in estate.folder.iterdir()) == runs


def test_open_lines_of_immutable_ids_and_anchors_are_settled_too(estate: Estate) -> None:
    estate.match(MATCHED, write_consistency_guid="from_guid")
    path = estate.journal_of(MATCHED)
    path.write_bytes(path.read_bytes().replace(b'"written"', b'"pending"'))
    estate.graph.users[IDS["bob"]]["onPremisesImmutableId"] = None
    assert estate.roll_back()["verdict"] == ""
    assert (estate.values(), estate.directory.anchor_of("bob")) == (NOBODY, b"")
    lines = journal_lines(path)
    assert {(line["user_principal_name"], line["attribute"][:2]): line["outcome"] for line in lines} == {
        (upn(name), kind): "aborted" if (name, kind) == ("bob", "on") else "written"
        for name in NAMES
        for kind in ("on", "mS")
    }


def test_an_account_stays_if_graph_does_not_take_the_change(estate: Estate) -> None:
    make_accounts(estate)
    estate.match(MADE)
    estate.graph.answers = lambda method, path: DENIED if method == "PATCH" and IDS["anna"] in path else None
    result = estate.roll_back(MADE)
    assert statuses(result)["anna"][0] == "failed"
    assert (people(estate), result["changed"]) == ({"anna"}, True)
    assert "1 of 3 users was not restored, or only partly: anna@contoso.com" in result["verdict"]
    estate.graph.answers = lambda _method, _path: None
    again = estate.roll_back(MADE)
    assert (again["verdict"], people(estate), estate.values()) == ("", set(), NOBODY)


def test_a_removal_that_the_directory_refuses(estate: Estate) -> None:
    make_accounts(estate)
    refused = f"<GUID={guid(2)}>".encode()
    estate.directory.answers = lambda request: (
        Done(50, "00002098: SecErr") if isinstance(request, Delete) and request.name == refused else None
    )
    result = estate.roll_back()
    assert statuses(result) == {"anna": REMOVED, "bob": ("failed", "insufficient_rights"), "carl": REMOVED}
    assert outcomes(estate, result["run"]) == ["written", "refused", "written"]
    assert "bob@contoso.com" in result["verdict"]


def test_nothing_is_written_if_a_directory_cannot_be_read(estate: Estate) -> None:
    make_accounts(estate)
    estate.match(MADE)
    estate.directory.requests.clear()
    estate.graph.asked.clear()
    estate.directory.answers = lambda request: BUSY if isinstance(request, Search) and request.base else None
    assert estate.roll_back(MADE)["failed"]
    estate.directory.answers = lambda _request: None
    estate.graph.denied.add("/users")
    assert estate.roll_back(MADE)["failed"]
    assert nothing_written(estate)


def test_without_a_journal_of_its_own_nothing_is_written(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    make_accounts(estate)

    def full(_file: int, _content: bytes, _position: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    result = estate.roll_back()
    assert statuses(result) == dict.fromkeys(NAMES, ("failed", "journal_failed"))
    assert (people(estate), result["changed"]) == (set(NAMES), False)


def test_another_account_with_the_name_of_a_removed_one_stays(estate: Estate) -> None:
    make_accounts(estate, "anna")
    estate.directory.delete("anna")
    estate.directory.put(person(9, "anna", department=["Sales"], **account(1609)))
    assert statuses(estate.roll_back()) == {"anna": ("refused", "changed_since")}


def test_lines_of_one_run_are_rolled_back_together_whatever_their_tasks_called_it(estate: Estate) -> None:
    """Tasks of a playbook of one's own share a journal."""
    make_accounts(estate, "anna")
    path = estate.journal_of(MADE)
    path.write_bytes(path.read_bytes().replace(MADE.encode(), b"job 4711"))
    estate.write_journal(MADE, made_entry(estate, "bob"))
    estate.directory.change("bob", memberOf=[], whenCreated=["20261129100000.0Z"])
    assert statuses(estate.roll_back(MADE)) == {"anna": REMOVED, "bob": REMOVED}


# --- What may go back, whatever the journal says


def test_an_anchor_goes_back_only_to_a_guid_that_nobody_has(estate: Estate) -> None:
    estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(1).bytes_le])
    estate.directory.change("bob", mS_DS_ConsistencyGuid=[guid(2).bytes_le])
    estate.directory.change("carl", mS_DS_ConsistencyGuid=[guid(60).bytes_le])
    estate.write_journal(
        MADE,
        filled_entry(1, "anna", "mS-DS-ConsistencyGuid", str(guid(60)), str(guid(1))),
        filled_entry(2, "bob", "mS-DS-ConsistencyGuid", "YW55IGJ5dGVz", str(guid(2))),
    )
    result = estate.roll_back()
    assert statuses(result) == {"anna": ("refused", "held_by_user"), "bob": ("refused", "not_restorable")}


def test_a_protected_account_gets_no_anchor_and_is_not_enabled(estate: Estate) -> None:
    estate.directory.change("anna", mS_DS_ConsistencyGuid=[guid(1).bytes_le], **account(1601, "Domain 512"))
    estate.directory.change("bob", userAccountControl=["514"], **account(1602, "Domain 512"))
    estate.write_journal(
        MADE,
        filled_entry(1, "anna", "mS-DS-ConsistencyGuid", str(guid(60)), str(guid(1))),
        filled_entry(2, "bob", "userAccountControl", ["512"], ["514"]),
    )
    result = estate.roll_back()
    assert statuses(result) == {"anna": ("refused", "privileged_ad_account"), "bob": ("refused", "not_to_be_enabled")}
    accepted = estate.roll_back(accepted_effects={"privileged_ad_account": [upn("anna")]}, max_refused="1")
    assert statuses(accepted)["anna"] == PUT_BACK


def test_an_exception_that_nobody_expects_leaves_what_was_done(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    make_accounts(estate)
    estate.match(MADE)
    real = Session.delete
    deleted: list[bytes] = []

    def careless(session: Session, *arguments: Any) -> None:
        deleted.append(b"")
        if len(deleted) == 2:
            raise KeyError("pa55-w0rd-that-nobody-may-see")
        real(session, *arguments)

    monkeypatch.setattr(Session, "delete", careless)
    result = estate.roll_back(MADE)
    assert (result["failed"], result["cause"], result["changed"]) == (True, "unexpected", True)
    assert [each["status"] for each in result["users"]] == ["removed", "failed", "failed"]
    assert (result["trace"][0], estate.values(), people(estate)) == ("KeyError", NOBODY, {"bob", "carl"})
    assert outcomes(estate, result["run"])[-3:] == ["pending"] * 3
    assert estate.roll_back(MADE)["verdict"] == ""
    assert people(estate) == set()


def test_a_certificate_that_is_not_checked_is_refused(estate: Estate) -> None:
    make_accounts(estate)
    assert "cert_validation is ignore" in estate.roll_back(cert_validation="ignore")["msg"]
    assert estate.directory.requests == []
