# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graph's errors as sentences, and the arithmetic of waiting."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clocks import EPOCH, SteppingClock

from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.errors import Answer, graph_error
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.pacing.pace import Pace
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.pacing.throttle import retry_after
from ansible_collections.hybrid.identity.plugins.module_utils._graph.http.watch import Watch
from ansible_collections.hybrid.identity.plugins.module_utils._graph.reads.queries import filters_in

USER = "anna@contoso.com"
HOLDER = "0f1e2d3c-0000-4000-8000-000000000001"
CLASH = "Another object with the same value for property"


def answer(
    status: int, code: str | None = None, message: str = "", details: Any = None, path: str = "/users?$top=999"
) -> Answer:
    if code is None:
        return Answer(status, {"request-id": "from-header"}, None, path)
    error = {"code": code, "message": message, "details": details, "innerError": {"request-id": "from-body"}}
    return Answer(status, {"request-id": "from-header"}, {"error": error}, path)


def conflict(target: str | None, holder: str | None = None, said: str = "x") -> Answer:
    details = [{"code": "ObjectConflict", "message": said, "target": target}]
    details += [{"code": "ConflictingObjects", "message": said, "target": holder}] if holder else []
    return answer(400, "Request_BadRequest", said, details)


ROLES = "/roleManagement/directory/"


# The messages are facts §1's; the recycle bin's conflict names no kind that is certain.
CASES = [
    (
        answer(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
        USER,
        "unauthorized",
        "does not accept the access token (HTTP 401, InvalidAuthenticationToken: Lifetime validation failed, the token",
    ),
    (answer(403, "Authorization_RequestDenied"), None, "access_denied", "User.Read.All"),
    (answer(403, "Authorization_RequestDenied"), USER, "access_denied", "User.ReadWrite.All"),
    *(
        (answer(403, "Authorization_RequestDenied", path=path), None, "access_denied", words)
        for path, words in (
            ("/domains?$select=id", "may not read domains; grant it the application permission Domain.Read.All and"),
            (f"{ROLES}roleAssignments", "may not read directory roles; grant it the application permission Role"),
            (
                f"{ROLES}roleEligibilitySchedules",
                "may not read PIM eligibilities; grant it the application permiss",
            ),
            ("/directory/deletedItems/microsoft.graph.user", "may not read deleted users"),
            (f"/users/{HOLDER}/onPremisesSyncBehavior", "may not read the source of authority of users;"),
            ("https://graph.microsoft.com/beta/users?$select=id", "may not read users"),
            ("https://gateway.contoso.com/graph/beta/users?$select=id", "may not read users"),
            ("/devices", "may not request /devices"),
        )
    ),
    (answer(401, "Authorization_IdentityNotFound"), None, "app_not_in_tenant", "Give admin consent to the app in this"),
    *(
        (
            answer(status, "AadPremiumLicenseRequired", path=f"{ROLES}roleEligibilitySchedules"),
            None,
            "licence_required",
            "shows PIM eligibilities only in tenants with Entra ID P2",
        )
        for status in (400, 403)
    ),
    (answer(404, "Request_ResourceNotFound"), USER, "user_vanished", "no longer in Entra ID"),
    (answer(429, "TooManyRequests"), USER, "throttled", "Run the task again later"),
    (answer(503), None, "service_unavailable", "HTTP 503"),
    (
        answer(
            400,
            "Request_BadRequest",
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
            "currently undergoing migration.",
        ),
        USER,
        "synced_user",
        "remove the AD account from the sync scope first",
    ),
    (
        answer(
            400,
            "Request_BadRequest",
            "Unable to update the specified properties for objects that have originated within an external service.",
        ),
        USER,
        "mastered_elsewhere",
        "managed by another service",
    ),
    (
        answer(
            400,
            "Request_BadRequest",
            "Another object with the same value for property onPremisesImmutableId already exists.",
            [
                {"code": "ObjectConflict", "target": "onPremisesImmutableId"},
                {"code": "ConflictingObjects", "target": f"User_{HOLDER}"},
            ],
        ),
        USER,
        "held_by_user",
        f"belongs to user {HOLDER}",
    ),
    (conflict("onPremisesImmutableId"), USER, "held_by_user", "belongs to another object"),
    (
        conflict("proxyAddresses", f"User_{HOLDER}"),
        USER,
        "conflicting_property",
        f"{USER} and user {HOLDER} have the same value in proxyAddresses. Graph checks all properties",
    ),
    (conflict("userPrincipalName"), USER, "conflicting_property", "another object have the same value in userPrin"),
    (
        conflict(None, said="Another object with the same value for property mail already exists."),
        USER,
        "conflicting_property",
        "have the same value in mail.",
    ),
    (conflict(None), USER, "conflicting_property", "an unnamed property"),
    (conflict("OnPremisesImmutableId"), USER, "held_by_user", "belongs to another object"),
    (conflict("mail", HOLDER), USER, "conflicting_property", f"{USER} and {HOLDER} have the same value in mail."),
    (
        conflict("mail", "User_"),
        USER,
        "conflicting_property",
        f"{USER} and another object have the same value in mail.",
    ),
    (
        answer(400, "Request_BadRequest", f"{CLASH} onPremisesImmutableId already exists."),
        USER,
        "held_by_user",
        "belongs to another object",
    ),
    (
        answer(
            400,
            "Request_BadRequest",
            "x",
            [
                {"code": "ObjectConflict", "target": "proxyAddresses"},
                {"code": "ObjectConflict", "target": "onPremisesImmutableId"},
                *({"code": "ConflictingObjects", "target": f"User_{number}"} for number in range(5)),
            ],
        ),
        USER,
        "conflicting_property",
        f"{USER} and user 0, user 1, user 2, 2 more have the same value in proxyAddresses, onPremisesImmutableId.",
    ),
    (
        answer(
            400,
            "Request_BadRequest",
            "You must provide a required property: Parameter name: FederatedUser.SourceAnchor",
        ),
        USER,
        "federated_domain",
        "Change the UPN to a managed domain",
    ),
    (
        answer(400, "Request_BadRequest", "Invalid value specified for property 'x' of resource 'User'."),
        USER,
        "request_refused",
        f"refused the request for {USER}: HTTP 400, Request_BadRequest: Invalid value",
    ),
    (answer(418, "Teapot", "x" * 5000), None, "request_refused", "xxx…"),
]


@pytest.mark.parametrize(("given_answer", "user", "cause", "words"), CASES)
def test_causes(given_answer: Answer, user: str | None, cause: str, words: str) -> None:
    error = graph_error(given_answer, user)
    assert error.cause == error.details["cause"] == cause
    assert words in error.message
    assert len(error.message) < 500
    assert error.details["request_id"] == ("from-body" if given_answer.error else "from-header")


def test_what_the_service_says_moves_no_cursor_and_floods_no_screen() -> None:
    hostile = "\x1b[2J\r\n\u202e"
    for refusal in (
        answer(400, f"{hostile}Odd", f"{hostile}Odder."),
        conflict(hostile + "p" * 5000, f"User_{hostile}" + "q" * 5000),
        answer(403, "Authorization_RequestDenied", path=f"/{hostile}"),
    ):
        error = graph_error(refusal, None if refusal.status == 403 else USER)
        for said in (error.message, error.details["error_code"]):
            assert said.isprintable()
            assert len(said) < 500


@pytest.mark.parametrize("strange", ["text", 5, [], {"details": "text"}, {"details": [None, "x", {"code": []}]}])
def test_an_error_of_another_shape_is_still_a_sentence(strange: Any) -> None:
    """An innerError that is text crashed."""
    inner = strange if not isinstance(strange, dict) else "text"
    details = strange.get("details") if isinstance(strange, dict) else strange
    error = {"code": "Request_BadRequest", "message": "Odd.", "innerError": inner, "details": details}
    found = graph_error(Answer(400, {"request-id": "from-header"}, {"error": error}), USER)
    assert (found.cause, found.details["request_id"]) == ("request_refused", "from-header")
    assert "Odd." in found.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2.128"}, 2.128),
        ({"retry-after": "10"}, 10.0),
        ({"RETRY-AFTER": "-1"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, EPOCH) == seconds


def test_retry_after_as_a_date() -> None:
    assert retry_after({"Retry-After": formatdate(EPOCH + 30, usegmt=True)}, EPOCH) == 30


def test_a_pace_ends_without_progress_and_begins_anew_with_it(clock: SteppingClock) -> None:
    async def story() -> list[bool]:
        pace = Pace(4, 30, Watch(clock=clock))
        await pace.ready()
        told = [pace.pause(20, 1)]
        await pace.ready()
        told.append(pace.pause(20, 2))
        pace.progress()
        told.append(pace.pause(20, 1))
        told.append(pace.pause(31, 1))
        return told

    assert asyncio.run(story()) == [True, False, True, False]
    assert clock.seconds == 20


@given(st.lists(st.text(max_size=6), max_size=80))
def test_every_value_is_in_exactly_one_filter_and_cannot_leave_its_quotes(values: list[str]) -> None:
    seen: list[str] = []
    for text in filters_in("userPrincipalName", values):
        inside = text.removeprefix("userPrincipalName in (").removesuffix(")")
        found: list[str] = []
        while inside:
            assert inside[0] == "'"
            at = 1
            while inside[at] != "'" or inside[at : at + 2] == "''":
                at += 2 if inside[at] == "'" else 1
            found.append(inside[1:at].replace("''", "'"))
            inside = inside[at + 1 :].removeprefix(",")
        assert 1 <= len(found) <= 15
        seen += found
    assert seen == list(dict.fromkeys(values))
