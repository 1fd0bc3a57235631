# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong variables of roles are refused before anything is asked of a directory: one play, a case a task."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.role_cases import include_roles

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.outcomes import OUTCOMES

ROLES = Path(__file__).resolve().parents[3] / "roles"
CHAIN = "hybrid_identity"
STAGES = {"hybrid_identity_stages": ["upn_suffixes", "accounts", "hard_match", "sync"]}
# Enough for each role. Nothing answers there.
FINE: dict[str, Any] = {
    "hybrid_identity_ad": {"server": "127.0.0.1", "port": 1},
    "hybrid_identity_entra": {"tenant": "contoso.com", "graph_url": "https://localhost:1"},
    "hybrid_identity_domains": ["contoso.com"],
    "hybrid_identity_scope": {"upn_suffixes": ["contoso.com"]},
    "accounts_password": "random",
    "hybrid_identity_run_folder": "/nonexistent",
    "hybrid_identity_rollback": "last",
    "hybrid_identity_clear_scope": "anna@contoso.com",
    "hybrid_identity_waves": [{"users": ["anna@contoso.com"]}],
}
ENTRY_POINTS = [
    ("upn_suffixes", "main"),
    ("accounts", "main"),
    ("hard_match", "main"),
    ("hard_match", "preflight"),
    ("sync", "main"),
    ("entra_connect", "main"),
    ("entra_connect", "inspect"),
    ("entra_connect", "hold"),
    ("entra_connect", "release"),
    (CHAIN, "main"),
    (CHAIN, "accounts"),
    (CHAIN, "doctor"),
    (CHAIN, "waves"),
    (CHAIN, "rollback"),
    (CHAIN, "clear_immutable_id"),
    (CHAIN, "release_scheduler"),
]
# The variables without a default, which Ansible itself looks at before the first task.
REQUIRED = [
    (CHAIN, "main", "hybrid_identity_scope"),
    (CHAIN, "doctor", "hybrid_identity_scope"),
    (CHAIN, "waves", "hybrid_identity_waves"),
    (CHAIN, "rollback", "hybrid_identity_rollback"),
    (CHAIN, "clear_immutable_id", "hybrid_identity_clear_scope"),
    ("upn_suffixes", "main", "hybrid_identity_domains"),
    ("accounts", "main", "hybrid_identity_scope"),
    ("accounts", "main", "hybrid_identity_domains"),
    ("accounts", "main", "accounts_password"),
    ("hard_match", "main", "hybrid_identity_scope"),
    ("hard_match", "preflight", "hybrid_identity_scope"),
]
CHECK = "Refuse misspelt variables"
VALIDATION = "Validating arguments against arg spec"
DIRECTORIES = ("entra", "ad")


@cache
def entries(role: str) -> dict[str, dict[str, Any]]:
    """The options of each entry point of a role."""
    specs = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text("utf-8"))["argument_specs"]
    return {name: entry["options"] for name, entry in specs.items()}


def options(role: str) -> dict[str, Any]:
    return {name: option for entry in entries(role).values() for name, option in entry.items()}


# The shared variables, and those of a role that take their place.
TABLE = sorted(
    {*options(CHAIN)}
    | {
        name
        for role in ("upn_suffixes", "accounts", "hard_match", "sync")
        for name in options(role)
        if name.replace(role, CHAIN, 1) in options(CHAIN)
    }
)


def misspelt(name: str) -> str:
    """The name without its last letter, or with one more if few are left."""
    return name[:-1] if len(name.rpartition("_")[2]) > 3 else f"{name}s"


def case(role: str, entry: str = "main", **variables: Any) -> tuple[str, str, dict[str, Any]]:
    return role, entry, {**FINE, **variables}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in FINE.items() if key != name}


RUN: dict[str, Any] = {"hybrid_identity_max_changes": 5, "hybrid_identity_run_folder": "/nonexistent"}
NOT_DEFINED = {"tenant": "contoso.com", "secret": "{{ nobody_defines_this }}"}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "misspelt names": (CHAIN, "main", {**FINE, **STAGES, **{misspelt(name): "x" for name in TABLE}}),
    **{
        f"{role} {entry} begins with the check": case(role, entry, hybrid_identity_scop="x")
        for role, entry in ENTRY_POINTS
    },
    **{
        f"{role} {entry}: {kind} is not defined": case(role, entry, **{f"hybrid_identity_{kind}": NOT_DEFINED})
        for role, entry in ENTRY_POINTS
        for kind in DIRECTORIES
        if {f"hybrid_identity_{kind}", f"{role}_{kind}"} & set(entries(role).get(entry, {}))
    },
    **{
        f"{role} {entry}: {name} has no value": case(role, entry, **{name: None})
        for role, entry in ENTRY_POINTS
        for kind in DIRECTORIES
        for name in (f"hybrid_identity_{kind}", f"{role}_{kind}")
        if {name, name.replace(CHAIN, role)} & set(entries(role).get(entry, {}))
    },
    **{
        f"{role} {entry}: {name} is misspelt": (role, entry, {**without(name), misspelt(name): FINE[name]})
        for role, entry, name in REQUIRED
    },
    "the chain without a scope": (CHAIN, "main", without("hybrid_identity_scope")),
    "a role without a scope": ("hard_match", "main", without("hybrid_identity_scope")),
    "no domains": ("upn_suffixes", "main", without("hybrid_identity_domains")),
    "an empty scope": case("hard_match", hybrid_identity_scope={}),
    "a misspelt key": case("hard_match", hybrid_identity_scope={"usrs": ["anna@contoso.com"]}),
    "a misspelt key of exclude": case("hard_match", hybrid_identity_exclude={"user": ["anna@contoso.com"]}),
    "a misspelt key of the chain": case(CHAIN, hybrid_identity_scope={"usrs": ["anna@contoso.com"]}),
    "two scopes": case("hard_match", hybrid_identity_scope={"all": True, "search_base": "DC=x"}),
    "no base for a filter": case("hard_match", hybrid_identity_scope={"upn_suffixes": ["x"], "search_filter": "(a=b)"}),
    "no value in the scope": case("hard_match", "preflight", hybrid_identity_scope={"users": None}),
    "one value of two in the scope": case(
        "hard_match", "preflight", hybrid_identity_scope={"upn_suffixes": ["contoso.com"], "search_base": None}
    ),
    "no user in the scope of accounts": case("accounts", **RUN, hybrid_identity_scope={"users": []}),
    "no value in the scope of accounts": case("accounts", **RUN, hybrid_identity_scope={"users": None}),
    # As -e accounts_scope='{"users":["anna@contoso.com"]}' gives it.
    "a scope in a text": case("accounts", **RUN, accounts_scope='{"users":["anna@contoso.com"]}'),
    "an exclusion without a value": case("hard_match", "preflight", hybrid_identity_exclude={"users": None}),
    "an exclusion of accounts without a value": case("accounts", **RUN, hybrid_identity_exclude={"users": None}),
    "exclusions in a text": case("accounts", **RUN, hybrid_identity_exclude='{"users":["anna@contoso.com"]}'),
    **{
        f"nothing is cleared: {name} without a value": case(
            CHAIN, "clear_immutable_id", **{f"hybrid_identity_{name}": value}
        )
        for name in ("exclude", "clear_exclude")
        for value in ({"users": None},)
    },
    "nothing is cleared: no list of units": case(
        CHAIN, "clear_immutable_id", hybrid_identity_exclude={"organizational_units": None}
    ),
    "nothing is cleared: exclusions in a text": case(
        CHAIN, "clear_immutable_id", hybrid_identity_clear_exclude='{"users":["anna@contoso.com"]}'
    ),
    "nothing is cleared: no exclusions": case(CHAIN, "clear_immutable_id", hybrid_identity_exclude=None),
    "no stages": case(CHAIN, hybrid_identity_stages=[]),
    "no value of the limit": case("hard_match", hybrid_identity_max_changes=None),
    "no value of the limit of accounts": case("accounts", accounts_max_changes=None),
    "no value of the folder": case("hard_match", hybrid_identity_max_changes=5, hybrid_identity_run_folder=None),
    "no value of the review": case(
        "hard_match",
        "preflight",
        hybrid_identity_run_folder="",
        hard_match_reviewed_plan=None,
        hard_match_reviewed_plan_sha256=None,
    ),
    "stages in a text": case(CHAIN, hybrid_identity_stages="hard_match,sync", hard_match_scop="x"),
    **{
        f"{role} finds {name}": case(role, **RUN, **{name: "x"})
        for role, name in (("upn_suffixes", "hard_match_scop"), ("accounts", "sync_rnu"), ("hard_match", "sync_rnu"))
    },
    "a relative folder": case("hard_match", "preflight", hybrid_identity_run_folder="runs"),
    "a relative report": case("hard_match", "preflight", hard_match_report={"html": "plan.html", "csv": "/x.csv"}),
    "a relative file of passwords": case("accounts", **RUN, accounts_password_file="passwords.jsonl"),
    "a relative reviewed plan": case("hard_match", "preflight", hard_match_reviewed_plan="plan.jsonl"),
    **{
        f"a relative folder of {entry}": case(CHAIN, entry, hybrid_identity_run_folder="runs")
        for entry in ("rollback", "clear_immutable_id")
    },
    "no limit": case("hard_match"),
    "no run folder": case("hard_match", hybrid_identity_max_changes=5, hybrid_identity_run_folder=""),
    "nothing cleared without AD": case(
        CHAIN, "clear_immutable_id", hybrid_identity_exclude={"organizational_units": ["OU=x,DC=y"]}
    ),
    "no wave": case(CHAIN, "waves", hybrid_identity_waves=[]),
    "a wave without a scope": case(CHAIN, "waves", hybrid_identity_waves=[{"users": ["anna@contoso.com"]}, {}]),
    "a misspelt key of a wave": case(CHAIN, "waves", hybrid_identity_waves=[{"usrs": ["anna@contoso.com"]}]),
    "waves with one scope for all": case(CHAIN, "waves", hard_match_scope={"all": True}),
    "waves with one run to prove": case(CHAIN, "waves", sync_run="last"),
    "nothing cleared without a run folder": case(CHAIN, "clear_immutable_id", hybrid_identity_run_folder=""),
    "accounts without a choice of passwords": ("accounts", "main", without("accounts_password")),
    "random passwords without a file": case("accounts", **RUN),
    "random passwords with an empty file": case("accounts", **RUN, accounts_password_file=""),
    "given passwords without a file": case("accounts", **RUN, accounts_password="given"),
    "a number as a file of passwords": case("accounts", **RUN, accounts_password_file=5),
    "a list as a file of passwords": case("accounts", **RUN, accounts_password_file=["/root/passwords"]),
    "accounts without a limit": case("accounts"),
    "accounts of a search in AD": case(
        "accounts",
        hybrid_identity_scope={"search_base": "DC=x"},
        hybrid_identity_max_changes=5,
    ),
    "accounts of a group in AD": case(
        "accounts",
        hybrid_identity_scope={"group": "CN=Pilot,DC=x"},
        hybrid_identity_max_changes=5,
    ),
    "records without their groups": case(
        "accounts",
        accounts_users=[{"user_principal_name": "anna@contoso.com"}],
        hybrid_identity_exclude={"groups": ["44444444-cccc-4000-8000-000000000001"]},
        hybrid_identity_max_changes=5,
    ),
    "accounts of no domain": case(
        "accounts",
        hybrid_identity_scope={"upn_suffixes": ["fabrikam.com"]},
        hybrid_identity_max_changes=5,
    ),
    "accounts without a folder": case(
        "accounts",
        # In another case, and with an @: the same domain.
        hybrid_identity_scope={"upn_suffixes": ["@Contoso.com"]},
        accounts_password_file="/nonexistent/passwords",
        hybrid_identity_max_changes=5,
    ),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """By case, the task that failed and its message; both are empty if none did."""
    folder = tmp_path_factory.mktemp("variables")
    cases = (
        ({"name": f"hybrid.identity.{role}", "tasks_from": entry}, variables)
        for role, entry, variables in CASES.values()
    )
    found, _output = include_roles(cases, folder)
    return dict(zip(CASES, found, strict=True))


@pytest.mark.parametrize("name", TABLE)
def test_each_misspelt_name_is_refused_with_the_nearest_one(refused: dict[str, list[str]], name: str) -> None:
    task, said = refused["misspelt names"]
    assert task == CHECK
    assert f"There is no variable {misspelt(name)}. The most similar name is {name}." in said


@pytest.mark.parametrize(("role", "entry", "name"), REQUIRED)
def test_a_misspelt_required_name_is_refused_too(
    refused: dict[str, list[str]], role: str, entry: str, name: str
) -> None:
    _task, said = refused[f"{role} {entry}: {name} is misspelt"]
    assert f"There is no variable {misspelt(name)}. The most similar name is {name}." in said


@pytest.mark.parametrize(("role", "entry"), ENTRY_POINTS)
def test_each_role_begins_with_the_check(refused: dict[str, list[str]], role: str, entry: str) -> None:
    task, said = refused[f"{role} {entry} begins with the check"]
    assert task == CHECK
    assert "The most similar name is hybrid_identity_scope." in said


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith("is not defined")])
def test_an_undefined_part_of_a_connection_is_an_error(refused: dict[str, list[str]], name: str) -> None:
    """On ansible-core before 2.19, default({}) would drop the whole connection instead."""
    task, said = refused[name]
    assert task.startswith(VALIDATION)
    assert "'nobody_defines_this' is undefined" in said


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith("has no value")])
def test_a_connection_without_a_value_is_an_error(refused: dict[str, list[str]], name: str) -> None:
    """Not as good as no connection, for which the environment may have another directory."""
    task, said = refused[name]
    assert task.startswith(VALIDATION)
    assert "<class 'NoneType'> cannot be converted to a dict" in said


def test_every_connection_is_looked_at() -> None:
    """Of each role that has one, and of each entry point that asks a directory."""
    looked_at = [name for name in CASES if name.endswith("is not defined")]
    assert len(looked_at) == 19


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("the chain without a scope", "Set hybrid_identity_scope to the users to work on"),
        ("a role without a scope", "Set hybrid_identity_scope to the users to work on"),
        ("no domains", "Set hybrid_identity_domains to the domains of the tenant."),
        ("an empty scope", "one of the following is required: users, upn_suffixes, search_base, group, all"),
        ("a misspelt key", "hard_match_scope.usrs. Supported parameters include"),
        ("a misspelt key of exclude", "hybrid_identity_exclude.user. Supported parameters include"),
        ("a misspelt key of the chain", "hybrid_identity_scope.usrs. Supported parameters include"),
        ("two scopes", "parameters are mutually exclusive: users|group|all|search_base"),
        ("no base for a filter", "missing parameter(s) required by 'search_filter': search_base"),
        ("a wave without a scope", "one of the following is required: users, upn_suffixes, search_base, group, all"),
        ("a misspelt key of a wave", "hybrid_identity_waves.usrs. Supported parameters include"),
    ],
)
def test_a_wrong_scope_is_refused_by_the_argument_spec(refused: dict[str, list[str]], name: str, words: str) -> None:
    task, said = refused[name]
    assert task.startswith(VALIDATION)
    assert words in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no limit", "Set hybrid_identity_max_changes"),
        ("no run folder", "and hybrid_identity_run_folder, the folder for its journal"),
        ("accounts without a choice of passwords", "Set accounts_password to random or given."),
        ("nothing cleared without AD", "it is unknown whom they exclude. Set hybrid_identity_clear_exclude"),
        ("no wave", "hybrid_identity_waves is empty. Set it to a list of scopes, with the pilot group first."),
        ("waves with one scope for all", "hard_match_scope would apply to all waves, so nothing was done."),
        ("waves with one run to prove", "sync_run would apply to all waves, so nothing was done."),
        ("nothing cleared without a run folder", "Set hybrid_identity_run_folder, the folder for the journal"),
        ("random passwords without a file", "accounts_password is random, but accounts_password_file is empty."),
        ("random passwords with an empty file", "accounts_password is random, but accounts_password_file is empty."),
        ("given passwords without a file", "accounts_password is given, but accounts_given_passwords_file is empty."),
        ("a number as a file of passwords", "5: use absolute paths in accounts_password_file"),
        ("a list as a file of passwords", "use absolute paths in accounts_password_file"),
        ("accounts without a limit", "Set hybrid_identity_max_changes"),
        ("accounts of a search in AD", "Set accounts_scope to the cloud users"),
        ("accounts of a group in AD", "or a group by its distinguished name"),
        ("records without their groups", "this role cannot check whether the users in accounts_users are members"),
        ("accounts of no domain", "No domain is both in hybrid_identity_domains (contoso.com) and in upn_suffixes"),
        ("accounts without a folder", "there is no folder /nonexistent. Create it first"),
    ],
)
def test_what_a_run_that_writes_needs(refused: dict[str, list[str]], name: str, words: str) -> None:
    assert words in " ".join(refused[name][1].split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no value in the scope", 'The scope is {"users": null}. Set hybrid_identity_scope to a dictionary'),
        ("one value of two in the scope", '"search_base": null'),
        ("no user in the scope of accounts", 'The scope is {"users": []}.'),
        ("no value in the scope of accounts", 'The scope is {"users": null}.'),
        ("a scope in a text", "in which each key has a value. On the command line, use -e"),
        ("an exclusion without a value", "Set hybrid_identity_exclude to a dictionary in which each key has a value"),
        (
            "an exclusion of accounts without a value",
            "Set hybrid_identity_exclude to a dictionary in which each key has a",
        ),
        ("exclusions in a text", "Set hybrid_identity_exclude to a dictionary in which each key has a value"),
        *(
            (name, "Set hybrid_identity_clear_exclude to a dictionary in which each key has a value")
            for name in CASES
            if name.startswith("nothing is cleared: ")
        ),
        ("no stages", "hybrid_identity_stages is empty. Set it to the stages to run."),
        ("no value of the limit", "Set hybrid_identity_max_changes"),
        ("no value of the limit of accounts", "Set hybrid_identity_max_changes"),
        ("no value of the folder", "hybrid_identity_run_folder"),
        ("no value of the review", "reviewed_plan and reviewed_plan_sha256 belong together"),
    ],
)
def test_a_variable_without_a_value_allows_nothing(refused: dict[str, list[str]], name: str, words: str) -> None:
    assert words in " ".join(refused[name][1].split())


@pytest.mark.parametrize(
    "name",
    [
        "upn_suffixes finds hard_match_scop",
        "accounts finds sync_rnu",
        "hard_match finds sync_rnu",
    ],
)
def test_the_first_role_of_a_playbook_finds_what_is_meant_for_a_later_one(
    refused: dict[str, list[str]], name: str
) -> None:
    task, said = refused[name]
    assert task == CHECK
    assert said.startswith("There is no variable ")


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("a relative ")])
def test_a_path_must_be_absolute(refused: dict[str, list[str]], name: str) -> None:
    """A relative one would be in the folder of the collection, which an upgrade replaces."""
    said = " ".join(refused[name][1].split())
    assert "absolute path" in said
    assert "/x.csv" not in said


def test_stages_may_be_a_text(refused: dict[str, list[str]]) -> None:
    task, said = refused["stages in a text"]
    assert task == CHECK
    assert said.startswith("There is no variable hard_match_scop.")


def test_every_shared_variable_is_one_of_the_chain() -> None:
    """And is specified alike in every role. A scope of a role is specified as the shared one."""
    chain = options(CHAIN)
    words = ("description", "required")
    for role in (path.name for path in ROLES.iterdir()):
        for name, option in options(role).items():
            twin = CHAIN + name.removeprefix(role)
            if name.startswith(f"{CHAIN}_") or (twin in chain and option["type"] == "dict" and "options" in option):
                shared = chain[name if name in chain else twin]
                for key in {*shared, *option} - set(words):
                    assert without_words(option.get(key)) == without_words(shared.get(key)), (role, name, key)


def without_words(value: Any) -> Any:
    """Options without their descriptions."""
    if isinstance(value, dict):
        return {key: without_words(each) for key, each in value.items() if key != "description"}
    return value


def test_the_outcomes_are_those_of_the_modules() -> None:
    assert options(CHAIN)["hybrid_identity_allowed_outcomes"]["choices"] == list(OUTCOMES)


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir()))
def test_results_are_no_variables(role: str) -> None:
    results = yaml.safe_load((ROLES / role / "meta" / "results.yml").read_text("utf-8"))["results"]
    assert not set(results) & set(options(role))
    tasks = "".join(path.read_text("utf-8") for path in sorted((ROLES / role / "tasks").glob("*.yml")))
    assert all(f"{name}:" in tasks or f"register: {name}\n" in tasks for name in results)
