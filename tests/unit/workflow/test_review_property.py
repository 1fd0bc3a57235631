# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reviewed plans of random estates: both directories are asked to write what was reviewed, and nothing else.

Each case makes a plan, alters both directories and the file of the plan, and gives the file with its new hash to a
second run. The oracle reads the two plans for itself: a user of a plan that was made without a review is written if
the reviewed file has each of the changes, with the same objects, names, values, outcome and effects. The writes come
from the emulator's log of requests, the domain controller's, and the journal.
"""

from __future__ import annotations

import copy
import functools
import json
import random
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from estate import Estate
from forest_script import guid, person
from ldap_wire import Modify
from live_directory import LiveDirectory
from scripted_graph import object_id
from shield_script import account
from support.alterations import chance
from support.entra_process import Emulator

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    immutable_id_of_guid,
)

# About what a run takes of a file: no ansible-core changes that.
pytestmark = pytest.mark.once

CASES = 20
USERS = 8
PATCH = re.compile(r"/v1\.0/users/([0-9a-f-]{36})")
EFFECTS = ("privileged_ad_account", "foreign_anchor")

Written: TypeAlias = tuple[str, str, str | None, str | None]
"""Attribute, id of the object, value before and after."""


@dataclass
class EmulatedEstate(Estate):
    """An estate whose tenant is the emulator."""

    entra: Emulator | None = None
    app: str = "privileged"

    @property
    def cloud(self) -> Emulator:
        assert self.entra
        return self.entra

    def options(self) -> dict[str, Any]:
        return {**super().options(), **self.cloud.options(self.app)}


@pytest.fixture(scope="module")
def entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("entra")).start()
    yield emulator
    emulator.stop()


@pytest.fixture
def emulated(estate: Estate, entra: Emulator) -> EmulatedEstate:
    known = {name: getattr(estate, name) for name in Estate.__dataclass_fields__}
    return EmulatedEstate(**known, entra=entra)


def upn(number: int) -> str:
    return f"person{number}@contoso.com"


def own(number: int) -> str:
    return immutable_id_of_guid(guid(number))


class Changer:
    """Puts users into both directories, and changes them by chance."""

    def __init__(self, estate: EmulatedEstate, by: random.Random) -> None:
        self._directory: LiveDirectory = estate.directory
        self._cloud = estate.cloud
        self._by = by

    def put(self, number: int, held: str | None = None) -> None:
        """Make an account and its cloud user, who holds an ImmutableId already."""
        self._directory.put(person(number, f"person{number}", **account(1600 + number)))
        made = {"id": object_id(number), "userPrincipalName": upn(number), "onPremisesImmutableId": held}
        self._cloud.control("POST", "users", [made])

    def change(self, number: int) -> None:
        """Change one thing that a plan depends on."""
        name = f"person{number}"
        if not any(each.startswith(f"CN={name},") for each in self._directory.held):
            return
        match self._by.randrange(12):
            case 0 | 9 | 10:
                self._set(number, onPremisesImmutableId=own(number))
            case 1:
                self._set(number, onPremisesImmutableId=self._by.choice([None, own(number + 50), own(number + 60)]))
            case 2:
                self._directory.change(name, mS_DS_ConsistencyGuid=[guid(number).bytes_le])
            case 3:
                self._directory.change(name, mS_DS_ConsistencyGuid=[guid(number + 50).bytes_le])
            case 4:
                self._directory.change(name, mS_DS_ConsistencyGuid=[])
            case 5:
                self._directory.change(name, adminCount=self._by.choice([[], ["1"]]))
            case 6:
                self._set(number, lab={"roles": self._by.choice([[], ["User Administrator"]])})
            case 7:
                taken = self._by.choice([[], [f"smtp:box{number}@contoso.com"]])
                self._directory.change(name, proxyAddresses=taken)
            case 8:
                self._directory.delete(name)
            case 11:
                self._directory.change(name, userPrincipalName=[f"renamed{number}@contoso.com"])
                self._set(number, userPrincipalName=f"renamed{number}@contoso.com")

    def _set(self, number: int, **changes: Any) -> None:
        self._cloud.control("PATCH", "users", [{"id": object_id(number), **changes}])


def alter_file(lines: list[Any], by: random.Random) -> None:
    """Alter some of what a reviewed plan says, so that it still is a plan."""
    users = [each for each in lines[1:-1] if each["change"]]
    for user in by.sample(users, by.randrange(4)):
        writes = [*user["change"]["writes"], *user["change"]["proposed"]]
        other = by.choice(users)
        kinds = ["effects", "outcome", "cloud", "names"] + (
            ["before", "after", "id", "attribute"] * 2 if writes else []
        )
        kind = by.choice(kinds)
        if kind in ("before", "after"):
            by.choice(writes)[kind] = by.choice([None, own(90), own(91), str(guid(92))])
        elif kind == "id":
            by.choice(writes)["id"] = by.choice([(other["cloud"] or {}).get("id") or "x", other["ad"]["object_guid"]])
        elif kind == "attribute":
            by.choice(writes)["attribute"] = by.choice(["mS-DS-ConsistencyGuid", "onPremisesImmutableId", "mail"])
        elif kind == "cloud" and user["cloud"]:
            user["cloud"]["id"] = object_id(by.randrange(1, USERS))
        elif kind == "names":
            by.choice([user["ad"], user["cloud"] or {}])["user_principal_name"] = other["ad"]["user_principal_name"]
        elif kind == "outcome" and user["match"]:
            user["match"]["outcome"] = by.choice(["hard_match", "matched", "quarantine"])
        elif kind == "effects" and user["match"]:
            user["match"]["effects"] = by.choice([[], ["foreign_anchor"], ["privileged_ad_account"], [*EFFECTS]])
    if by.random() < 0.2 and users:
        gone = lines.index(by.choice(users))
        del lines[gone]
        lines[-1]["end"]["count"] -= 1


def proposed(user: dict[str, Any]) -> list[dict[str, Any]]:
    """The changes of a user that are to be made, or would be if effects were accepted."""
    change = user["change"]
    if not change or (change["status"] == "refused" and change["cause"] not in EFFECTS):
        return []
    return [*change["writes"], *change["proposed"]]


def keys(user: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What must be the same of each change of a user."""
    match = user["match"] or {"outcome": None, "effects": []}
    cloud = user["cloud"] or {}
    whose = user["ad"]["object_guid"], cloud.get("id"), match["outcome"], frozenset(match["effects"])
    names = [each.get("user_principal_name") for each in (user["ad"], cloud)]
    return [(*whose, *names, each["attribute"], each["id"], each["before"], each["after"]) for each in proposed(user)]


def read_users(lines: list[Any]) -> list[dict[str, Any]]:
    return [each for each in lines[1:-1] if each["ad"]]


def expect(fresh: list[Any], reviewed: list[Any]) -> list[Written]:
    approved = {key for user in read_users(reviewed) for key in keys(user)}
    return sorted(
        (each["attribute"], each["id"], each["before"], each["after"])
        for user in read_users(fresh)
        if approved.issuperset(keys(user))
        for each in proposed(user)
    )


def written(estate: EmulatedEstate) -> list[tuple[str, str, str | None]]:
    """What both directories were asked to write: attribute, id and value."""
    found: list[tuple[str, str, str | None]] = []
    for request in estate.cloud.control("GET", "requests"):
        if request["method"] == "GET" or request["path"].endswith("/$batch"):
            continue
        user = PATCH.fullmatch(request["path"])
        assert request["method"] == "PATCH", request
        assert user, request
        ((attribute, value),) = json.loads(request["body"]).items()
        found.append((attribute, user[1], value))
    for write in estate.directory.writes:
        assert isinstance(write, Modify), write
        *_cleared, (_add, attribute, (value,)) = write.changes
        dashed = re.fullmatch(rb"<GUID=(.*)>", write.name)
        assert dashed, write
        found.append((attribute.decode(), dashed[1].decode(), str(uuid.UUID(bytes_le=value))))
    return sorted(found)


def journaled(estate: EmulatedEstate) -> list[Written]:
    lines = estate.lines("journal") if estate.journal.exists() else []
    return sorted((line["attribute"], line["id"], line["before"], line["after"]) for line in lines)


def planned(lines: Sequence[Any]) -> list[Written]:
    return sorted(
        (each["attribute"], each["id"], each["before"], each["after"])
        for user in lines[1:-1]
        if user["change"]
        for each in user["change"]["writes"]
    )


def prepare(estate: EmulatedEstate, groups: dict[str, Any], replaced: list[str], by: random.Random) -> Changer:
    estate.cloud.control("POST", "reset")
    estate.directory.held = copy.deepcopy(groups)
    estate.directory.requests.clear()
    for path in estate.folder.iterdir():
        path.unlink()
    boxes = [f"smtp:box{number}@contoso.com" for number in range(1, USERS + 1)]
    box = {"id": object_id(80), "userPrincipalName": "box@contoso.com", "proxyAddresses": boxes}
    estate.cloud.control("POST", "users", [box])
    changer = Changer(estate, by)
    for number in range(1, USERS):
        changer.put(number, own(number + 50) if upn(number) in replaced and by.random() < 0.7 else None)
        if by.random() < 0.5:
            changer.change(number)
    return changer


def terms_of(by: random.Random) -> dict[str, Any]:
    return {
        "write_consistency_guid": by.choice(["never", "from_guid"]),
        "replace": [upn(number) for number in range(1, USERS) if by.random() < 0.4],
        "max_refused": "100%",
    }


def test_what_is_written_is_what_was_reviewed(emulated: EmulatedEstate) -> None:
    estate = emulated
    groups = {name: values for name, values in estate.directory.held.items() if "OU=Groups" in name}
    seen: Counter[str] = Counter()
    for number in range(CASES):
        case, by = f"case {number}", chance("reviewed plans", number)
        terms = terms_of(by)
        changer = prepare(estate, groups, terms["replace"], by)

        estate.app = "preflight"
        assert estate.plan(**terms)["reviewable"], case
        given = estate.reviewed(functools.partial(alter_file, by=by)) if by.random() < 0.7 else estate.reviewed()
        for user in range(1, USERS):
            if by.random() < 0.5:
                changer.change(user)
        if by.random() < 0.5:
            changer.put(USERS)
        estate.app = "privileged"
        estate.plan(**terms, plan_file=str(estate.folder / "fresh.jsonl"))
        wanted = expect(estate.lines("fresh"), estate.lines("reviewed"))

        plan = estate.plan(**terms, **given)
        assert (plan.get("msg"), plan.get("verdict")) == (None, ""), case
        assert planned(estate.lines("plan")) == wanted, case
        estate.cloud.control("DELETE", "requests")
        estate.directory.requests.clear()
        result = estate.apply(plan)
        assert (result.get("msg"), result["verdict"]) == (None, ""), case
        assert written(estate) == sorted((attribute, key, after) for attribute, key, _before, after in wanted), case
        assert journaled(estate) == wanted, case

        seen.update(attribute for attribute, *_rest in wanted)
        seen.update(status for status, _cause in estate.changes("plan").values())
        seen["replaced"] += sum(before is not None for _attribute, _key, before, _after in wanted)
        accepted = [user for user in read_users(estate.lines("plan")) if user["change"]["writes"]]
        seen["effects"] += sum(bool(user["match"]["effects"]) for user in accepted)
    # Each way must have been taken.
    for what in (
        *("mS-DS-ConsistencyGuid", "onPremisesImmutableId", "set", "stamped", "unchanged", "refused"),
        *("not_reviewed", "changed_since_review", "already_done", "replaced", "effects"),
    ):
        assert seen[what] >= 3, f"{what}: {seen}"
