# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graph's refusals, each as one sentence that says what to do next.

HTTP status and error code tell the cases apart. The message's text decides only if Microsoft uses one code for several
cases (facts §1, ``Request_BadRequest``). No sentence contains a token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..._identity.core.errors import IdentityError
from ..._identity.core.text.visible import visible
from .conflicts import IMMUTABLE_ID, Conflict, read_conflict
from .rights import permission, subject

UNAUTHORIZED = 401

APP_NOT_IN_TENANT = "app_not_in_tenant"
LICENCE_REQUIRED = "licence_required"
_CAUSES = {"Authorization_IdentityNotFound": APP_NOT_IN_TENANT, "AadPremiumLicenseRequired": LICENCE_REQUIRED}
"""Causes by error code, for codes that mean the same with every HTTP status (facts §20)."""

_MAX_QUOTED = 300

# A JSON Web Token: its first part is the base64 of {" and more.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class GraphError(IdentityError):
    """Graph, or the sign-in to it, refused a request or could not be reached.

    ``cause`` is a stable identifier. ``details`` holds ``cause`` and, if the service sent them, ``status_code``,
    ``error_code`` and ``request_id``, which Microsoft's support asks for.
    """

    def __init__(self, cause: str, message: str, **details: Any) -> None:
        super().__init__(message, cause=cause, **{name: value for name, value in details.items() if value is not None})
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of Graph, to a single request or to an item of a ``$batch``.

    Header names are lower-case. ``path`` is the requested path after the version; a beta request has its whole URL.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    path: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """The id that Graph gave the request; None if it told none."""
        inner = self.error.get("innerError") or self.error.get("innererror")
        told = inner.get("request-id") if isinstance(inner, dict) else None
        return _short(told or self.headers.get("request-id"))

    @property
    def redirected(self) -> bool:
        return 300 <= self.status < 400

    @property
    def error(self) -> Mapping[str, Any]:
        """The ``error`` object; empty if there is none, for example because a gateway answered with HTML."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}

    @property
    def cause(self) -> str | None:
        """The cause if the error code alone decides it, else None."""
        return _CAUSES.get(str(self.error.get("code")))


def decoded(body: bytes) -> Any:
    """Return a body's JSON; None if it is empty or not JSON."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None


def successful(answer: Answer) -> Any:
    """Return the JSON of an answer.

    :raises GraphError: if the answer is not a success or not JSON.
    """
    if not answer.ok:
        raise graph_error(answer)
    if answer.body is None:
        raise not_graph("the answer is not JSON", answer.status)
    return answer.body


def items(body: Any) -> list[dict[str, Any]]:
    """Return the items of a collection; an item that is no object counts as one without properties.

    :raises GraphError: if the JSON is not a collection.
    """
    value = body.get("value") if isinstance(body, dict) else None
    if not isinstance(value, list):
        raise not_graph("the answer is not a collection")
    return [item if isinstance(item, dict) else {} for item in value]


def not_graph(why: str, status: int | None = None) -> GraphError:
    """Return the exception for an answer that Graph would not give; ``why`` continues the sentence."""
    sentence = f"The answer does not come from Microsoft Graph: {why}; check graph_url and any proxy in between."
    return GraphError("not_graph", sentence, status_code=status)


def graph_error(answer: Answer, user: str | None = None) -> GraphError:
    """Return the exception for an answer that is not a success. ``user`` names the user to write, None for a read."""
    cause, sentence = _explained(answer, user)
    return GraphError(
        cause,
        sentence,
        status_code=answer.status,
        error_code=_short(answer.error.get("code")),
        request_id=answer.request_id,
    )


def _short(told: Any) -> str | None:
    """Return an identifier of the service's, None if it is none."""
    return visible(_without_tokens(told), _MAX_QUOTED) if isinstance(told, str) else None


def _explained(answer: Answer, user: str | None) -> tuple[str, str]:
    if answer.cause == APP_NOT_IN_TENANT:
        return APP_NOT_IN_TENANT, (
            "The app has no service principal or no admin consent in this tenant, or it got them only minutes ago. "
            "Give admin consent to the app in this tenant, wait a few minutes, and run the task again."
        )
    if answer.cause == LICENCE_REQUIRED:
        what = subject(answer.path) or "what was asked for"
        return LICENCE_REQUIRED, f"Graph shows {what} only in tenants with Entra ID P2 or Entra ID Governance."
    if answer.redirected:
        return "not_graph", not_graph(
            f"it redirects to another address (HTTP {answer.status}), which the task does not follow"
        ).message
    if answer.status == UNAUTHORIZED:
        return (
            "unauthorized",
            f"Graph does not accept the access token ({_quoted(answer)}); check that tenant, cloud_environment and "
            "graph_url belong to the same cloud, and check this machine's clock.",
        )
    if answer.status == 403:
        return "access_denied", _denied(user, answer.path)
    if answer.status == 404 and user:
        return "user_vanished", (
            f"{user} is no longer in Entra ID; it existed when the plan was made. Run the task again."
        )
    if answer.status == 429:
        return "throttled", (
            "Graph throttled requests for longer than max_wait allows. Run the task again later, or raise max_wait."
        )
    if answer.status == 400 and user:
        refused = _refused_write(answer, user)
        if refused:
            return refused
    said = _quoted(answer)
    if answer.status >= 500:
        return "service_unavailable", f"Graph could not process the request ({said}). Run the task again later."
    whom = f" for {user}" if user else ""
    return "request_refused", f"Graph refused the request{whom}: {said}"


def _denied(user: str | None, path: str) -> str:
    if not user:
        what, needed = subject(path), permission(path)
        if not what:
            asked = visible(path, _MAX_QUOTED) or "this"
            return f"The app may not request {asked}; grant it the application permission that this request needs."
        return f"The app may not read {what}; grant it the application permission {needed} and give admin consent."
    # facts §0.2, §1: onPremisesImmutableId is a "sensitive property".
    return (
        "The app may not change onPremisesImmutableId; grant it the application permission User.ReadWrite.All with "
        "admin consent. If the user has a role or belongs to a role-assignable group, an administrator must change the "
        "user by hand."
    )


def _refused_write(answer: Answer, user: str) -> tuple[str, str] | None:
    conflict = read_conflict(answer.error)
    if conflict:
        return _conflicting(conflict, user)
    said = str(answer.error.get("message") or "").lower()
    if "on-premises mastered" in said:
        return (
            "synced_user",
            f"{user} is synchronised or is being migrated, so Graph does not change its ImmutableId. If the user is "
            "synchronised, remove the AD account from the sync scope first. If not, wait until the migration has "
            "ended.",
        )
    if "originated within an external service" in said:
        return (
            "mastered_elsewhere",
            f"{user} is managed by another service, so Graph cannot change its ImmutableId. Exclude the user.",
        )
    if "federatedu" in said.replace(" ", "") or "sourceanchor" in said:
        return (
            "federated_domain",
            f"{user} has a UPN in a federated domain, and such a user must have an ImmutableId. Change the UPN to a "
            "managed domain, change the ImmutableId, and then change the UPN back.",
        )
    return None


def _conflicting(conflict: Conflict, user: str) -> tuple[str, str]:
    holder = conflict.holder or "another object"
    if conflict.property_name == IMMUTABLE_ID:
        return (
            "held_by_user",
            f"The ImmutableId for {user} already belongs to {holder}. Clear it there first. If that user is in the "
            "recycle bin, you can purge the user instead.",
        )
    name = conflict.property_name or "an unnamed property"
    # facts §20: an existing conflict in another property makes Graph refuse an unrelated write.
    return (
        "conflicting_property",
        f"{user} and {holder} have the same value in {name}. Graph checks all properties of a user in each write, so "
        "it refused this change too. Change that value on one of the two, and run the task again.",
    )


def _without_tokens(text: str) -> str:
    """Return a text of the service without tokens, in case it shows ours."""
    return _TOKEN.sub("(token)", text)


def _quoted(answer: Answer) -> str:
    code, message = answer.error.get("code"), answer.error.get("message")
    said = _without_tokens(" ".join(str(part) for part in (code and f"{code}:", message) if part))
    return visible(f"HTTP {answer.status}" + (f", {said}" if said else ""), _MAX_QUOTED)
