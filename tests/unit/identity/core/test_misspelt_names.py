# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that resemble those of the roles' variables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.misspelt_names import (
    edits,
    find_misspelt,
    misspelt_sentence,
)

ROLES = Path(__file__).resolve().parents[4] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir())
BY_ROLE = {
    role: {
        name
        for entry in yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text("utf-8"))[
            "argument_specs"
        ].values()
        for name in entry["options"]
    }
    for role in NAMES
}
KNOWN = {name for names in BY_ROLE.values() for name in names}


def misspellings(name: str, beginning: str) -> Iterator[str]:
    """The name without each of the letters behind its beginning."""
    for place in range(len(beginning), len(name)):
        yield name[:place] + name[place + 1 :]


# Two letters behind a common word resemble too much.
@pytest.mark.parametrize("name", sorted(KNOWN - {"accounts_ad", "sync_ad"}))
def test_each_misspelling_of_each_variable_is_found(name: str) -> None:
    role = next(each for each in NAMES if name.startswith(f"{each}_"))
    # Where nothing else begins like that, the beginning may be misspelt too.
    beginning = name[0] if role in ("hybrid_identity", "hard_match") else f"{role}_"
    for misspelt in {*misspellings(name, beginning)} - KNOWN:
        assert [found for found, _nearest in find_misspelt([misspelt], BY_ROLE, [role])] == [misspelt]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("hybrid_identity_scop", "hybrid_identity_scope"),
        ("hybird_identity_scope", "hybrid_identity_scope"),
        ("Hybrid_identity_scope", "hybrid_identity_scope"),
        ("HYBRID_IDENTITY_MAX_CHANGES", "hybrid_identity_max_changes"),
        ("hybrid_identity_hard_match_scope", "hard_match_scope"),
        ("hybrid_identity_accounts_path", "accounts_path"),
        ("hardmatch_scope", "hard_match_scope"),
        ("hard_match_max_change", "hard_match_max_changes"),
        ("hard_match_run_folder", "hybrid_identity_run_folder"),
        ("accounts_domains", "hybrid_identity_domains"),
        ("accounts_enable", "accounts_enabled"),
        ("sync_rnu", "sync_run"),
        ("account_scope", "accounts_scope"),
        ("acounts_max_changes", "accounts_max_changes"),
        ("account_reviewed_plan", "accounts_reviewed_plan"),
        ("account_reviewed_plan_sha256", "accounts_reviewed_plan_sha256"),
    ],
)
def test_the_nearest_name(name: str, nearest: str) -> None:
    assert find_misspelt([name], BY_ROLE, NAMES) == [(name, nearest)]


@pytest.mark.parametrize(
    "name",
    [
        "accounts_payable",
        "account_password",
        "account_id",
        "accounts_db",
        "sync_home",
        "sync_interval_minutes",
        "prod_hybrid_identity_entra",
        "my_hybrid_identity_scope",
        "__hard_match_run_folder",
        "hostvars",
        "hard_disks",
        "ansible_host",
    ],
)
def test_variables_of_other_people(name: str) -> None:
    assert find_misspelt([name], BY_ROLE, NAMES) == []


def test_of_roles_that_are_not_run_only_what_resembles_a_name_is_found() -> None:
    names = ["ad_domain_name", "upn_suffixes_list"]
    assert find_misspelt(names, BY_ROLE, ["hard_match"]) == []
    assert [name for name, _nearest in find_misspelt(names, BY_ROLE, ["ad_domain", "upn_suffixes"])] == names


@pytest.mark.parametrize("name", ["hard_match_identites", "hard_match_scop", "upn_suffixes_forc", "sync_rnu"])
def test_a_misspelt_name_of_a_later_role_is_found(name: str) -> None:
    """A playbook runs several roles, and the first one writes already."""
    assert [found for found, _nearest in find_misspelt([name], BY_ROLE, ["accounts"])] == [name]


def test_the_sentence_names_each() -> None:
    assert misspelt_sentence([]) == ""
    assert misspelt_sentence([("a", "b")]) == (
        "There is no variable a. The most similar name is b. Correct or remove it."
    )
    assert misspelt_sentence([("a", "b"), ("c", "d")]) == (
        "There is no variable a. The most similar name is b. There is no variable c. The most similar name is d. "
        "Correct or remove them."
    )


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("", "", 0), ("", "ab", 2), ("ab", "ba", 1), ("abc", "ca", 3), ("kitten", "sitting", 3), ("run", "rnu", 1)],
)
def test_edits(one: str, other: str, count: int) -> None:
    assert edits(one, other) == count
    assert edits(other=one, one=other) == count
