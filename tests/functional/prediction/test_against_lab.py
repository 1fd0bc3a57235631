# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we predict, against what the lab's cycle then does: two implementations of facts §2, §3 and §7, user by user.

The seed of an estate is the name of its test; `PREDICTION_SEED` moves all of them, `random` to a place of its own.
"""

from __future__ import annotations

import copy
import functools
import random
import re
from collections import Counter
from typing import Any

import estates
import pytest
import views
from memory import Memory
from seeds import SEEDS

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core import attribute_map, outcomes
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra import unread
from ansible_collections.hybrid.identity.plugins.module_utils._identity.entra.tenant_snapshot import ASPECTS
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight import predict
from ansible_collections.hybrid.identity.plugins.module_utils._identity.preflight.predictions import Prediction
from lab.entra import provision
from lab.entra.store import Store
from lab.sync import scope
from lab.sync.directory import CONSISTENCY_GUID

ACTIONS = {
    "hard_matched": outcomes.HARD_MATCH,
    "soft_matched": outcomes.SOFT_MATCH,
    "provisioned": outcomes.CREATE,
    "quarantined": outcomes.CREATE,
    "updated": outcomes.UPDATE,
    "error": outcomes.ERROR,
}
ATTRIBUTES = {"UserPrincipalName": "user_principal_name", "ProxyAddress": "proxy_addresses"}
FINE = {
    outcomes.MATCHED: {"updated", "unchanged"},
    outcomes.HARD_MATCH: {"hard_matched"},
    outcomes.SOFT_MATCH: {"soft_matched"},
    outcomes.NEW_CLOUD_USER: {"provisioned"},
}
CAUSES = {
    "anchor_differs",
    "cloud_managed_account",
    "cloud_source_of_authority",
    "deleted_holder",
    "directory_role",
    "duplicate_anchor",
    "eligible_role",
    "federated_domain",
    "formerly_synced_user",
    "held_by_contact",
    "held_by_group",
    "held_by_user",
    "invalid_proxy_address",
    "invalid_upn",
    "other_object_identifier",
    "primary_smtp",
    "privileged_role",
    "proxy_address_taken",
    "role_assignable_group",
    "switch_hard_match",
    "switch_soft_match",
    "unverified_suffix",
    "upn_taken",
    "user_principal_name",
}
CAVEATS = {aspect for aspect, effect in unread.EFFECTS.items() if effect == unread.CAVEAT}
REFUSING = {aspect for aspect, effect in unread.EFFECTS.items() if effect == unread.REFUSED}
PLACEHOLDER = re.compile(r".*\+\d{4}@contoso\.onmicrosoft\.com", re.IGNORECASE)


class Cycle:
    """One estate, predicted and then synchronized.

    `stamped`: the hard match runs between the two, for odd seeds with `replace`.
    `hidden`: what the app may not read.
    """

    def __init__(self, seed: int, stamped: bool = False, hidden: frozenset[str] = frozenset()) -> None:
        self.estate = estates.make(seed)
        self.store = Store(Memory())
        self.store.replace_all(self.estate.entries)
        self.before = copy.deepcopy(self.store.users)
        self.accounts = views.ad_users(self.estate.users)
        snapshot = views.hide(views.tenant_view(self.store), hidden)
        replace = stamped and seed % 2 == 1
        users = [*snapshot.users, *snapshot.deleted]
        before = views.planned(self.accounts, users, replace) if stamped else []
        self.found = predict.predict(self.accounts, snapshot, before)
        if stamped:
            views.stamp(self.store, self.accounts, replace)
        self.results = self._exported()

    def _exported(self) -> list[dict[str, Any] | None]:
        """The results of the cycle by user, who go one after another, as one export takes them.

        None for those who must not be synchronized: an anchor of two accounts stands for one of them at most, and the
        accounts that Cloud Sync makes are no source (facts §12). Entra Connect marks its own accounts likewise (facts
        §19), and their cloud users are synchronised.
        """
        anchors = [scope.source_anchor(user, CONSISTENCY_GUID) for user in self.estate.users]
        results: list[dict[str, Any] | None] = []
        for user, anchor in zip(self.estate.users, anchors, strict=True):
            assert scope.out_of_scope(user) is None
            marked = user.text("msDS-ExternalDirectoryObjectId") and not self._is_synchronised(anchor)
            if anchors.count(anchor) > 1 or marked:
                results.append(None)
                continue
            exported = scope.export_record(user, anchor, estates.FOREST)
            (result,) = provision.run(self.store, self.estate.settings, {"objects": [exported]})["results"]
            held = self.store.users.get(result["objectId"]) if result["objectId"] else None
            results.append({**result, "user": held})
        return results

    def _is_synchronised(self, anchor: str) -> bool:
        holders = self.store.holders("onPremisesImmutableId", anchor)
        return any(self.store.users[key].get("onPremisesSyncEnabled") for key in holders)


def _action(result: dict[str, Any]) -> str:
    if result["outcome"] != "unchanged":
        return ACTIONS[result["outcome"]]
    return outcomes.LEAVE if result["user"]["lab"].get("isCloudManaged") else outcomes.UPDATE


@functools.cache
def _cycle(seed: int, stamped: bool = False) -> Cycle:
    return Cycle(seed, stamped)


def _differences(cycle: Cycle) -> list[str]:
    differences = []
    for number, (found, result) in enumerate(zip(cycle.found, cycle.results, strict=True)):
        for what, predicted, happened in _compared(cycle, found, result):
            if predicted != happened:
                shown = {name: value for name, value in (result or {}).items() if name != "user"}
                differences.append(
                    f"user {number} ({found.ad.user_principal_name}): {what}: predicted {predicted!r}, happened "
                    f"{happened!r}; {found.outcome}, {found.causes}; {found.reason}; {shown}"
                )
    return differences


@pytest.mark.parametrize("seed", SEEDS)
def test_the_prediction_is_what_happens(seed: int) -> None:
    differences = _differences(_cycle(seed))
    assert not differences, f"seed {seed}:\n" + "\n".join(differences)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_prediction_for_after_a_hard_match_is_what_happens_then(seed: int) -> None:
    differences = _differences(_cycle(seed, stamped=True))
    assert not differences, f"seed {seed}:\n" + "\n".join(differences)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_may_not_be_read_is_never_called_fine(seed: int) -> None:
    """With some of the tenant hidden, a user is called fine only if nothing hidden stands in the way.

    What most apps cannot read is the exception: it is a caveat of the user, who keeps the outcome.
    """
    draw = random.Random(seed)
    hidden = frozenset(draw.sample(ASPECTS, draw.randint(1, len(ASPECTS))))
    cycle = Cycle(seed, hidden=hidden)
    for number, (found, result) in enumerate(zip(cycle.found, cycle.results, strict=True)):
        if found.outcome in FINE:
            assert result is not None
            assert not found.unknown
            ended_well = result["outcome"] in FINE[found.outcome]
            ended_well &= "quarantined" not in result or result["outcome"] == "unchanged"
            case = f"seed {seed}, user {number}, without {sorted(hidden)}"
            assert ended_well or found.caveats, f"{case}: {found.outcome}, but {result}; {found}"
        assert set(found.caveats) <= hidden & CAVEATS
        if found.expected:
            assert found.outcome == (outcomes.BLOCKED if set(found.unknown) & REFUSING else outcomes.UNKNOWN)
            assert found.unknown
            assert set(found.unknown) <= hidden - CAVEATS
            assert found.expected in FINE


def _compared(cycle: Cycle, found: Prediction, result: dict[str, Any] | None) -> list[tuple[str, Any, Any]]:
    """(what, predicted, happened)."""
    if result is None:
        return [("action", found.sync_action, None), ("outcome", found.outcome in FINE, False)]
    user = result["user"]
    fine = found.outcome in FINE
    pairs: list[tuple[str, Any, Any]] = [
        ("action", found.sync_action, _action(result)),
        ("unknown", found.unknown, ()),
        # What is called fine must be so, and end in nothing that a person has to look at.
        ("fine", fine and result["outcome"] not in FINE[found.outcome], False),
        (
            "quarantine called fine",
            fine and bool(result.get("quarantined")) and result["outcome"] != "unchanged",
            False,
        ),
    ]
    if user is None or found.sync_action not in ACTIONS.values():
        return pairs
    if result["outcome"] in ("hard_matched", "soft_matched", "updated", "unchanged"):
        pairs.append(("object", found.cloud and found.cloud.id, user["id"]))
    if found.sync_action == outcomes.LEAVE:
        return pairs
    happened = {(ATTRIBUTES[each["propertyCausingError"]], each["value"]) for each in result.get("quarantined", ())}
    pairs.append(("quarantine", {(held.attribute, held.value) for held in found.quarantined}, happened))
    upn = user["userPrincipalName"]
    pairs.append(("UPN", found.future_upn, None if PLACEHOLDER.fullmatch(upn) else upn))
    if result["outcome"] in ("hard_matched", "soft_matched"):
        pairs += _overwrites(cycle, found, result, user)
    return pairs


def _overwrites(
    cycle: Cycle, found: Prediction, result: dict[str, Any], user: dict[str, Any]
) -> list[tuple[str, Any, Any]]:
    """Of each property that the map names: what it was, and what replaced it."""
    listed = {each.attribute: each for each in found.overwrites}
    before, after = cycle.before[user["id"]], user
    quarantined = {ATTRIBUTES[each["propertyCausingError"]] for each in result.get("quarantined", ())}
    pairs = []
    for row in attribute_map.ROWS:
        if not row.to_entra or row.form == attribute_map.REFERENCE:
            continue
        if "proxy_addresses" in quarantined and row.record in ("mail", "proxy_addresses"):
            continue
        if row.record in quarantined:  # the UPN: a placeholder, which nobody can foresee
            continue
        old, new = _value(before, row), _value(after, row)
        entry = listed.get(row.record)
        if entry and entry.effect == "at_risk":
            # Microsoft's pages contradict each other: it may stay and it may go, but nothing takes its place.
            pairs.append((f"{row.record} at risk", _plain(entry.cloud), _plain(old)))
            pairs.append((f"{row.record} replaced", _plain(new) in (_plain(old), None, []), True))
            continue
        replaced = old != new if row.form == attribute_map.ENABLED else _lost(row, old, new)
        pairs.append((f"{row.record} replaced", entry is not None, replaced))
        if entry:
            pairs.append((f"{row.record} before", _plain(entry.cloud), _plain(old)))
            pairs.append((f"{row.record} after", _plain(entry.ad), _plain(new)))
    return pairs


def _lost(row: attribute_map.Row, old: Any, new: Any) -> bool:
    return bool(old) and not attribute_map.equal(row, new, old)


def _value(user: dict[str, Any], row: attribute_map.Row) -> Any:
    value: Any = user
    for name in row.entra.split("."):
        value = (value or {}).get(name)
    return value[0] if row.form == attribute_map.FIRST and value else value


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def test_the_estates_hold_every_case() -> None:
    """A generator that stopped making a case would prove nothing about it."""
    made = [_cycle(seed, stamped) for seed in SEEDS for stamped in (False, True)]
    found = [each for cycle in made for each in cycle.found]
    results = [each for cycle in made for each in cycle.results if each]
    counts = Counter(each.outcome for each in found)
    causes = Counter(cause for each in found for cause in each.causes)
    print(f"{len(SEEDS)} estates, twice: {counts.total()} users; {dict(counts)}; {dict(causes)}")
    assert len(SEEDS) >= 200
    assert set(outcomes.OUTCOMES) - set(counts) == {outcomes.UNKNOWN}
    assert not CAUSES - set(causes)
    assert {each["outcome"] for each in results} == {*ACTIONS, "unchanged"}
    assert {each["error"]["code"] for each in results if "error" in each} >= {
        "InvalidHardMatch",
        "InvalidSoftMatch",
        "ObjectTypeMismatch",
        "AttributeValueMustBeUnique",
        "AttributeUpdateNotAllowed",
    }
    effects = {change.effect for each in found for change in each.overwrites}
    assert effects == {"overwritten", "at_risk", "disabled", "password"}
