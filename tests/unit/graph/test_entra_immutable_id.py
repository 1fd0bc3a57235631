# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as Ansible calls it: arguments in, JSON out."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils import basic
from scripted_graph import CLIENT_ID, PAGE, SECRET, TENANT, TOKEN, Reply, ScriptedGraph, error, found, object_id, user
from support.module_answers import read_answer

pytestmark = pytest.mark.usefixtures("plain_tenant")

MODULE = "ansible_collections.hybrid.identity.plugins.modules.entra_immutable_id"
GUID = "876031de-bfb1-4f8b-9cb0-1c67a6094d3e"
VALUE = "3jFgh7G/i0+csBxnpglNPg=="
HEAVY = ("msgraph", "msgraph_core", "azure", "msal", "httpx", "kiota_abstractions", "kiota_http", "requests")

GROUPS = "$select=id,displayName,groupTypes,visibility"

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(
    graph: ScriptedGraph, options: dict[str, Any], give_arguments: Callable[[dict[str, Any]], None], capsys: Any
) -> Call:
    """Run the module against the scripted server and return what it prints."""
    module = importlib.import_module(MODULE)

    def run(check: bool = False, diff: bool = True, **arguments: Any) -> dict[str, Any]:
        given = {**{name: value for name, value in options.items() if value is not None}, **arguments}
        given |= {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
        given = {name: value for name, value in given.items() if value is not None}
        give_arguments(given)
        with pytest.raises(SystemExit):
            module.main()
        written = capsys.readouterr()
        result, shown = read_answer(written.err + written.out)
        for secret in (SECRET, TOKEN):
            assert secret not in shown
        return result

    return run


def test_set(graph: ScriptedGraph, call: Call) -> None:
    graph.expect_batch(found(user(1)), found(), found())
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    result = call(user="user1@contoso.com", object_guid=GUID)
    assert result["changed"] is True
    assert result["users"] == [
        {
            "user_principal_name": "user1@contoso.com",
            "object_guid": GUID,
            "id": object_id(1),
            "status": "set",
            "before": None,
            "after": VALUE,
            "changed": True,
            "cause": None,
            "reason": None,
        }
    ]
    assert result["diff"]["after"] == f"user1@contoso.com: {VALUE}\n"


def test_check_mode_without_diff(graph: ScriptedGraph, call: Call) -> None:
    graph.expect_batch(found(user(1)), found(), found())
    result = call(check=True, diff=False, user="user1@contoso.com", immutable_id=VALUE)
    assert result["changed"] is True
    assert "diff" not in result


def test_absent_by_object_id(graph: ScriptedGraph, call: Call) -> None:
    select = "id,userPrincipalName,onPremisesImmutableId,onPremisesSyncEnabled,mail,proxyAddresses,accountEnabled"
    query = f"/users?$filter=id%20in%20%28%27{object_id(1)}%27%29&$select={select}"
    graph.expect("GET", query, found(user(1, immutable_id=VALUE)))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":null}')
    assert call(user=object_id(1), state="absent")["summary"]["cleared"] == 1


def test_absent_by_a_list_of_names(graph: ScriptedGraph, call: Call) -> None:
    graph.expect_batch(found(user(1, immutable_id=VALUE), user(2)), found(user(1, immutable_id=VALUE), user(2)))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":null}')
    result = call(users=["user1@contoso.com", object_id(2)], state="absent")
    assert [each["status"] for each in result["users"]] == ["cleared", "unchanged"]


def test_replace(graph: ScriptedGraph, call: Call) -> None:
    other = user(1, immutable_id="nlbGyIhGPE+EYq/E/2CBew==")
    graph.expect_batch(found(other), found(), found())
    result = call(user="user1@contoso.com", immutable_id=VALUE)
    assert (result["failed"], result["changed"], result["users"][0]["cause"]) == (True, False, "different_immutable_id")
    graph.expect_batch(found(other), found(), found())
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    assert call(user="user1@contoso.com", immutable_id=VALUE, replace=True)["changed"] is True


@pytest.mark.parametrize(("most", "goes_on"), [("1", True), ("50%", True), ("49%", False), (0, False)])
def test_so_many_of_a_list_may_be_refused(graph: ScriptedGraph, call: Call, most: str | int, goes_on: bool) -> None:
    graph.expect_batch(found(user(1)), found(), found())
    if goes_on:
        graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    users = [
        {"user_principal_name": "user1@contoso.com", "object_guid": GUID, "distinguished_name": "CN=u1,DC=x"},
        {"user_principal_name": "nobody@contoso.com", "immutable_id": "nlbGyIhGPE+EYq/E/2CBew=="},
    ]
    result = call(users=users, max_refused=most)
    assert (result.get("failed", False), result["changed"]) == (not goes_on, goes_on)
    assert [one["status"] for one in result["users"]] == ["set", "not_found"]
    assert result["users"][0]["distinguished_name"] == "CN=u1,DC=x"


def test_all_users_with_a_limit(graph: ScriptedGraph, call: Call) -> None:
    graph.expect("GET", PAGE, found(user(1, immutable_id=VALUE), user(2)))
    result = call(all_users=True, state="absent", max_changes="0")
    assert (result["failed"], result["changed"], result["summary"]["cleared"]) == (True, False, 1)
    assert "would change 1 user of 2 in scope, and max_changes allows 0" in result["msg"]
    graph.expect("GET", PAGE, found(user(1, immutable_id=VALUE), user(2)))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204), b'{"onPremisesImmutableId":null}')
    assert call(all_users=True, state="absent", max_changes="50%")["summary"]["cleared"] == 1


def test_a_deleted_holder_that_is_named_is_purged(graph: ScriptedGraph, call: Call) -> None:
    graph.expect_batch(found(user(1)), found(), found(user(2, immutable_id=VALUE)))
    graph.expect_batch(Reply(204))
    graph.expect("PATCH", f"/users/{object_id(1)}", Reply(204))
    result = call(user="user1@contoso.com", object_guid=GUID, deleted_holders={"purge": [object_id(2)]})
    assert result["users"][0]["deleted_holders"] == [
        {"id": object_id(2), "user_principal_name": "user2@contoso.com", "becomes": "purged"}
    ]


def test_a_failure_part_way_shows_everything(graph: ScriptedGraph, call: Call) -> None:
    graph.expect_batch(found(user(1), user(2)), found(), found())
    graph.expect_batch(Reply(204), error(403, "Authorization_RequestDenied"))
    guids = [GUID, "c8c6569e-4688-4f3c-8462-afc4ff60817b"]
    users = [{"user_principal_name": f"user{n + 1}@contoso.com", "object_guid": guid} for n, guid in enumerate(guids)]
    result = call(users=users)
    assert (result["failed"], result["changed"]) == (True, True)
    assert [one["status"] for one in result["users"]] == ["set", "failed"]
    assert result["msg"].startswith("Graph refused the change of user2@contoso.com: The app may not change")


def test_a_skipped_check_warns(graph: ScriptedGraph, call: Call) -> None:
    graph.expect_batch(found(user(1)), found(), error(403, "Authorization_RequestDenied"))
    result = call(check=True, user="user1@contoso.com", object_guid=GUID, skip_checks=["deleted_users"])
    assert "may not read deleted users" in str(result["warnings"])


def test_a_wrong_secret_is_not_shown(graph: ScriptedGraph, call: Call) -> None:
    text = f"AADSTS7000215: Invalid client secret provided: {SECRET}"
    graph.token_reply = Reply(401, {"error": "invalid_client", "error_description": text})
    result = call(user="user1@contoso.com", object_guid=GUID)
    assert result["msg"].startswith(f"The client secret of app {CLIENT_ID} is wrong")
    assert (result["cause"], result["error_code"]) == ("invalid_secret", "AADSTS7000215")
    assert SECRET not in json.dumps(result)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "one of the following is required: user, users"),
        ({"user": "a@x.com", "users": []}, "mutually exclusive: user|users"),
        ({"users": [], "object_guid": GUID}, "mutually exclusive: users|object_guid"),
        ({"users": [], "immutable_id": VALUE}, "mutually exclusive: users|immutable_id"),
        (
            {"user": "a@x.com", "immutable_id": VALUE, "object_guid": GUID},
            "mutually exclusive: immutable_id|object_guid",
        ),
        ({"users": [], "all_users": True}, "mutually exclusive: user|users|all_users"),
        ({"all_users": True, "state": "absent"}, "all_users needs max_changes"),
        ({"all_users": True, "max_changes": "5"}, "all_users can only clear ImmutableIds. Set state to absent"),
        ({"all_users": False}, "all_users is false, so no user is selected"),
        ({"user": "a@x.com", "object_guid": GUID, "max_changes": "5 users"}, "neither a count of users"),
        (
            {
                "user": "a@x.com",
                "object_guid": GUID,
                "deleted_holders": {"restore": [object_id(2)], "purge": [object_id(2)]},
            },
            "in restore and in purge; choose one of the two",
        ),
        (
            {"user": "a@x.com", "object_guid": GUID, "deleted_holders": {"purge": ["b@x.com"]}},
            "is not the object id",
        ),
        (
            {"user": "a@x.com", "object_guid": GUID, "skip_checks": ["contacts"]},
            "value of skip_checks must be one or more of: deleted_users, domains, role_assignments, role_eligibility, "
            "role_assignable_groups, app_owners",
        ),
        ({"user": "a@x.com"}, "has neither immutable_id nor object_guid"),
        ({"user": "a@x.com", "object_guid": "876031debfb14f8b9cb01c67a6094d3e"}, "is not a GUID; write it as"),
        ({"user": "a@x.com", "immutable_id": GUID}, "It is a GUID: use object_guid for it."),
        ({"user": "a@x.com", "immutable_id": "3jFgh7G/i0"}, "is not an ImmutableId; it must be base64"),
        ({"users": [{"mail": "a@x.com"}]}, "Record 1 of users identifies no user"),
        ({"users": [{"UPN": "a@x.com", "ObjectGUID": GUID}]}, "Rename 'UPN' to user_principal_name. Rename 'Object"),
        ({"users": ["a@x.com"]}, "Record 1 of users is only a name, a@x.com; use a dictionary with the keys"),
        (
            {"users": {"UserPrincipalName": "a@x.com"}},
            "users is a dictionary. Use a list of dictionaries, one for each user. Found: the key "
            "'UserPrincipalName'. Rename 'UserPrincipalName' to user_principal_name.",
        ),
        ({"user": " ", "object_guid": GUID}, "neither a UPN (name@domain) nor an object id"),
    ],
)
def test_bad_input_asks_nobody(graph: ScriptedGraph, call: Call, arguments: dict[str, Any], words: str) -> None:
    result = call(**arguments)
    assert result["failed"] is True
    assert words in result["msg"]
    assert graph.sign_ins == graph.requests == []


def test_options_come_from_the_environment(
    graph: ScriptedGraph, call: Call, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {
        "AZURE_TENANT": "tenant",
        "AZURE_CLIENT_ID": "client_id",
        "AZURE_SECRET": "secret",
        "AZURE_AUTHORITY_HOST": "authority",
        "HYBRID_IDENTITY_GRAPH_URL": "graph_url",
        "HYBRID_IDENTITY_GRAPH_CA_CERT": "graph_ca_cert",
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "disable_instance_discovery",
    }
    for variable, option in names.items():
        monkeypatch.setenv(variable, str(options[option]))
    graph.expect_batch(found(user(1, immutable_id=VALUE)), found(), found())
    result = call(user="user1@contoso.com", immutable_id=VALUE, **dict.fromkeys(names.values()))
    assert result["changed"] is False
    assert TENANT in graph.sign_ins[0].path


def test_nothing_heavy_is_imported_before_the_arguments_are_checked() -> None:
    code = f"import sys, {MODULE}; print([name for name in {HEAVY!r} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600)
    assert shown.stdout.strip() == "[]"


def test_a_missing_library_is_named(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    deps = "ansible_collections.hybrid.identity.plugins.module_utils._module.deps"
    monkeypatch.setattr(f"{deps}.importlib", SimpleNamespace(util=SimpleNamespace(find_spec=lambda name: None)))
    result = call(user="user1@contoso.com", object_guid=GUID)
    assert "msgraph-sdk is not installed for" in result["msg"]
    assert "-m pip install" in result["msg"]


def test_no_undeclared_dependency_is_needed(tls: Any) -> None:
    """msgraph-core's batch classes import `deprecated`, which it does not declare (facts §11); we do without them."""
    code = (
        "import sys; sys.modules['deprecated'] = None\n"
        "from ansible_collections.hybrid.identity.plugins.module_utils._graph.http import connection, clouds\n"
        "where = clouds.CLOUDS['AzureCloud']\n"
        "client, http = connection._client(object(), where, 5, 1, None)\n"
        "print(client.users.by_user_id('x').url_template, client.directory.deleted_items.graph_user.count)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr


def test_records_do_not_go_into_the_system_log(
    call: Call, graph: ScriptedGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, text, **more: logged.append(str(text)))
    graph.expect_batch(found(user(1, immutable_id=VALUE)), found(user(1, immutable_id=VALUE)), found())
    call(users=[{"user_principal_name": "user1@contoso.com", "object_guid": GUID}])
    assert not any(GUID in text for text in logged), logged


def test_excluded_users_are_left_alone(graph: ScriptedGraph, call: Call) -> None:
    """By name, in another case, and as a member of a group of Entra ID."""
    group = "44444444-cccc-4000-8000-000000000001"
    listed: dict[str, Any] = {"id": group, "displayName": "Tier 0", "groupTypes": [], "visibility": None}
    member = {"@odata.type": "#microsoft.graph.user", "id": object_id(2), "userPrincipalName": "user2@contoso.com"}
    graph.expect("GET", PAGE, found(*(user(number, immutable_id=VALUE) for number in (1, 2, 3))))
    graph.expect("GET", f"/groups?$filter=id%20in%20%28%27{group}%27%29&{GROUPS}", found(listed))
    graph.expect_batch(found(member))
    graph.expect("PATCH", f"/users/{object_id(3)}", Reply(204))
    exclude = {"users": ["USER1@contoso.com"], "groups": [group]}
    result = call(all_users=True, state="absent", max_changes="1", exclude=exclude)
    assert [(one["status"], one["cause"]) for one in result["users"]] == [
        ("excluded", "excluded_user"), ("excluded", "excluded_group"), ("cleared", None)
    ]  # fmt: skip
    assert (result["summary"]["excluded"], result["summary"]["cleared"]) == (2, 1)


@pytest.mark.parametrize("exclude", [{"groups": ["CN=Tier 0,DC=x"]}, {"organizational_units": ["OU=Service,DC=x"]}])
def test_what_only_active_directory_knows_excludes_nobody_here(call: Call, exclude: dict[str, list[str]]) -> None:
    result = call(all_users=True, state="absent", max_changes="1", exclude=exclude)
    assert "is in Active Directory, which this module does not read" in result["msg"]
