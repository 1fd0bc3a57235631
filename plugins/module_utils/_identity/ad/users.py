# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AD users as ad_user_guid returns them: which object was found for each identity, and what happens to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NotRequired

from ..core.attribute_map import ad_attributes, by_key
from ..core.identities.anchors import guid_text
from ..core.identities.upn import upn_suffix
from ..core.limits import read_limit
from ..core.outcomes import (
    AMBIGUOUS,
    FAILED,
    FOUND,
    MISSING,
    NOT_A_USER,
    PUT_BACK,
    REFUSED,
    STAMPED,
    SYSTEM_ACCOUNT,
    UNRESOLVED,
)
from ..core.records import AdRecord, AdUser, anchored, consistency_text, read_ad_user
from ..core.refusal import Refusal
from ..core.text.counts import amount, counted
from ..core.text.outcome_table import users_table
from ..core.text.sentences import join_names, join_sentences
from .kinds import has_local_mailbox, is_never_exported, mailbox_kind, not_a_user, system_account
from .lookup import DN, Match
from .objects import AdObject, FoundUser
from .protected_accounts import keep_protection
from .service_accounts import MANAGED

STATUSES = (FOUND, STAMPED, MISSING, AMBIGUOUS, NOT_A_USER, SYSTEM_ACCOUNT, REFUSED, FAILED)


class AnchorRecord(AdRecord):
    """One user in the result of ad_user_guid.

    ``attributes`` has the values that a sync sends, if the task asked for them. ``id`` is the cloud user's, if the
    caller gave it. ``identity`` is what the caller asked for.
    """

    attributes: NotRequired[dict[str, str | None]]
    id: NotRequired[str]
    identity: NotRequired[str]
    status: str
    before: str | None
    after: str | None
    changed: bool
    cause: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class CloudName:
    """What the caller says of a cloud user: the object id and the UPN."""

    id: str | None = None
    user_principal_name: str | None = None


UNNAMED = CloudName()


@dataclass(frozen=True, slots=True)
class AnchorChange:
    """What happens to one user.

    ``before`` and ``after`` are mS-DS-ConsistencyGuid as raw bytes, empty if the attribute is empty. ``anchor`` is one
    of ``anchors.SOURCE_ANCHORS``. ``known`` is the cloud user whose anchor this one gets.
    """

    status: str
    anchor: str
    found: FoundUser | None = None
    identity: str | None = None
    before: bytes = b""
    after: bytes = b""
    cause: str | None = None
    reason: str | None = None
    known: CloudName = UNNAMED

    @property
    def changed(self) -> bool:
        return self.status in (STAMPED, PUT_BACK)

    @property
    def blocked(self) -> bool:
        return self.status in (*UNRESOLVED, REFUSED)

    def to(self, value: bytes, status: str = STAMPED) -> AnchorChange:
        """Return the same user with another mS-DS-ConsistencyGuid, empty for none."""
        return replace(self, status=status, after=value)

    def unplanned(self) -> AnchorChange:
        """Return the same user without a change, because the whole plan was not carried out."""
        return replace(self, status=FOUND, after=self.before)

    def refused(self, cause: str, reason: str) -> AnchorChange:
        return replace(self, status=REFUSED, after=self.before, cause=cause, reason=reason)

    def failed(self, cause: str, reason: str) -> AnchorChange:
        """Return the same user after the directory refused the write or was no longer asked."""
        return replace(self, status=FAILED, after=self.before, cause=cause, reason=reason)

    def overtaken(self, value: bytes) -> AnchorChange:
        """Return the same user after another writer filled the attribute first: that value stays."""
        return replace(self, status=FOUND, before=value, after=value)

    @property
    def name(self) -> str:
        """The name of the user in sentences."""
        return self.found.user.name if self.found else self.user().name

    def user(self) -> AdUser:
        """Return the AD user as it is after the change."""
        if self.found is None:
            # Later modules name the user by the identity that was given, if it can be a UPN.
            upn = self.identity if self.identity and upn_suffix(self.identity) else None
            return AdUser(
                user_principal_name=self.known.user_principal_name or upn,
                identity=self.identity,
                unresolved=Refusal(f"ad_{self.status}", self.reason or "") if self.status in UNRESOLVED else None,
            )
        if self.found.fault or self.after == self.found.consistency:
            return self.found.user
        return anchored(self.found.user, self.found.guid, self.after, self.anchor)

    def result(self) -> AnchorRecord:
        """Return the user as the module returns it."""
        user = self.user()
        result: AnchorRecord = {
            **user.record(),
            "status": self.status,
            "before": consistency_text(self.before),
            "after": consistency_text(self.after),
            "changed": self.changed,
            "cause": self.cause,
            "reason": self.reason,
        }
        if user.sent is not None:
            result["attributes"] = by_key(user.sent)
        if self.known.id and not (self.found and self.found.fault):
            result["id"] = self.known.id
        if self.identity is not None:
            result["identity"] = self.identity
        return result


def list_searched(objects: Iterable[AdObject], anchor: str, exported: bool = False) -> list[AnchorChange]:
    """Return the users of a search without system accounts, sorted by UPN (those without one last), then by name.

    Managed service accounts are among them only if they are marked. With ``exported``, they are all accounts that a
    sync may export.
    """
    is_none = is_never_exported if exported else system_account
    users = [
        (_order(entry), found_user(entry, anchor))
        for entry in objects
        if entry.marks.service == MANAGED
        or (not not_a_user(entry.attributes) and not is_none(entry.distinguished_name, entry.attributes))
    ]
    return [user for _order, user in sorted(users, key=lambda pair: pair[0])]


def list_asked(
    matches: Iterable[Match], objects: Mapping[str, AdObject], anchor: str, domain: str
) -> list[AnchorChange]:
    """Return one user for each identity, in order. ``objects`` maps the candidates' GUIDs to the objects found.

    ``domain`` is the distinguished name of the domain that was searched; the reason of a missing user names it.
    """
    return [_asked(match, objects, anchor, domain) for match in matches]


def _asked(match: Match, objects: Mapping[str, AdObject], anchor: str, domain: str) -> AnchorChange:
    text = match.identity.text
    if not match.candidates:
        reason = f"No object in {domain} is {text}; {_HINTS[match.identity.kind == DN]}."
        return _unresolved(match, anchor, MISSING, "no_such_object", reason)
    if len(match.candidates) > 1:
        names = [candidate.distinguished_name for candidate in match.candidates]
        reason = f"{text} fits several objects: {join_names(names)}. Use the DN or the GUID of the right one."
        return _unresolved(match, anchor, AMBIGUOUS, "several_objects", reason)
    entry = objects[match.candidates[0].object_guid]
    kind = not_a_user(entry.attributes)
    if kind:
        reason = f"{text} is {kind} ({entry.distinguished_name}); only user accounts can be matched."
        return _unresolved(match, anchor, NOT_A_USER, "not_a_user", reason)
    why = system_account(entry.distinguished_name, entry.attributes)
    if why:
        reason = f"{text} is never synchronised, because {why} ({entry.distinguished_name}); remove it from the task."
        return _unresolved(match, anchor, SYSTEM_ACCOUNT, "system_account", reason)
    user = found_user(entry, anchor, text)
    if user.blocked:
        return user
    if match.repeats:
        also = sorted(set(match.repeats) - {text})
        as_well = f", also as {join_names(also)}" if also else ""
        reason = (
            f"{entry.distinguished_name} is in the list {len(match.repeats) + 1} times{as_well}; keep one "
            "identity for each user."
        )
        return user.refused("duplicate_identity", reason)
    return user


_HINTS = {
    False: "check the spelling, or set server to a domain controller of the user's domain",
    True: "check the distinguished name, or set server to a domain controller of its domain",
}


def _unresolved(match: Match, anchor: str, status: str, cause: str, reason: str) -> AnchorChange:
    return AnchorChange(status, anchor, identity=match.identity.text, cause=cause, reason=reason)


def found_user(entry: AdObject, anchor: str, identity: str | None = None) -> AnchorChange:
    """Return the user that an object is; refused if something of it cannot be used."""
    value = next(iter(entry.attributes.get("ms-ds-consistencyguid", ())), b"")
    change = AnchorChange(FOUND, anchor, _kept(entry, value, anchor, identity), identity, before=value, after=value)
    return change.refused("unreadable_object", entry.fault) if entry.fault else change


def _kept(entry: AdObject, consistency: bytes, anchor: str, identity: str | None) -> FoundUser:
    name, attributes = entry.distinguished_name, entry.attributes
    if entry.fault:
        user = AdUser(distinguished_name=name, object_guid=guid_text(entry.guid), identity=identity)
        return FoundUser(entry.guid, user, consistency, entry.fault, marks=entry.marks)
    sent = ad_attributes(attributes) if entry.with_attributes else None
    user = read_ad_user(name, attributes, anchor, sent, identity)
    user.mailbox = mailbox_kind(attributes)
    user.has_local_mailbox = has_local_mailbox(attributes)
    if not entry.with_protection:
        return FoundUser(entry.guid, user, consistency, marks=entry.marks)
    return FoundUser(entry.guid, user, consistency, protection=keep_protection(attributes), marks=entry.marks)


def _order(entry: AdObject) -> tuple[bool, str, str]:
    # Raw values, so that objects that cannot be used are sorted too.
    upn = next(iter(entry.attributes.get("userprincipalname", ())), None)
    return upn is None, (upn or b"").decode("utf-8", "replace").casefold(), entry.distinguished_name.casefold()


def summarize(users: Iterable[AnchorChange]) -> dict[str, int]:
    """Return the counts by status, with zeros, and ``total``."""
    return counted((user.status for user in users), STATUSES)


def build_result(users: Sequence[AnchorChange]) -> dict[str, Any]:
    """Return ``users``, ``summary`` and ``table`` of a module's result."""
    results = [user.result() for user in users]
    return {"users": results, "summary": summarize(users), "table": users_table(results)}


def refusal_sentence(users: Sequence[AnchorChange], max_refused: str) -> str | None:
    """Return the sentence that refuses a list with more blocked users than ``max_refused`` allows; None if it does not.

    It has the reasons of the first few.

    :raises InputError: if ``max_refused`` is not a limit.
    """
    reasons = [user.reason or user.status for user in users if user.blocked]
    if len(reasons) <= read_limit(max_refused, "max_refused").most(len(users)):
        return None
    return (
        f"{len(reasons):,} of {amount(len(users), 'user')} cannot be used, and nothing was written: "
        f"{join_sentences(reasons)} Correct the list, or raise max_refused to continue without them."
    )
