# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind entra_user_info: read cloud users in the fewest requests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._identity.core.errors import IdentityError
from .._identity.core.identities.cloud_identity import CloudIdentity, read_identity, read_object_id
from .._identity.core.scope.exclusions import NOBODY_EXCLUDED, Exclusions
from .._identity.core.scope.named_object import NamedObject
from .._identity.core.text.counts import amount
from .._identity.entra import user_choice
from .._identity.entra.prospects import find_prospects
from .._identity.entra.tenant_snapshot import HASH_SYNC_SWITCH
from .._identity.entra.user_choice import Choice, DescribedUser
from .http.batch import MAX_REQUESTS
from .http.connection import open_transport
from .http.transport import Transport
from .http.watch import Watch
from .reads.groups import read_excluded, read_group_members
from .reads.mailboxes import read_purposes
from .reads.queries import identity_filters
from .reads.survey import Survey
from .reads.tenant_reader import note_lookup
from .reads.users import Users


@dataclass(frozen=True)
class Question:
    """A task of the module. ``identities``: None for all users. ``groups``: object ids or display names.

    ``with_hash_sync``: whether to read if password hash synchronization is on.
    """

    choice: Choice
    identities: Sequence[str] | None = None
    groups: Sequence[str] = ()
    skip_missing: bool = True
    exclusions: Exclusions = NOBODY_EXCLUDED
    with_hash_sync: bool = False


def run(options: Mapping[str, Any], question: Question, watch: Watch | None = None) -> dict[str, Any]:
    """Do a task and return the module's result: ``changed`` (False), ``users``, ``summary``, ``table``, ``caveats``.

    ``without_users`` lists the domains and groups of the question that no user has. ``prospects`` are lines for people,
    ``tenant`` is the id of the tenant. If it is asked for, ``password_hash_sync`` is in it too; None if it is unknown.

    ``options`` are those of ``argspec.connection``. ``watch`` follows the progress.

    :raises InputError: if an option is wrong, if an identity is neither a UPN nor an object id, if a group does not
        exist or has no assigned members, or if several groups have the name.
    :raises IdentityError: if an identity is not found or not wanted, and ``skip_missing`` is false.
    :raises GraphError: if the tenant cannot be read.
    """
    asked = None if question.identities is None else [read_identity(text) for text in question.identities]
    users, facts = asyncio.run(_users(options, question, asked, watch))
    result = {"changed": False, **user_choice.build_result(users), **facts}
    sentence = user_choice.missing_sentence(users)
    if sentence and not question.skip_missing:
        raise IdentityError(sentence, **result)
    return result


async def _users(
    options: Mapping[str, Any], question: Question, asked: Sequence[CloudIdentity] | None, watch: Watch | None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    async with open_transport(options, watch) as transport:
        users = Users(transport, user_choice.PROPERTIES, user_choice.make_described_user, expand=[user_choice.EXPAND])
        choice = replace(question.choice, excluded=await read_excluded(transport, question.exclusions))
        empty_groups: list[str] = []
        if question.groups:
            members, empty_groups = await _members(transport, question.groups)
            choice = replace(choice, members=members)
        if asked is not None:
            found = await _named(users, asked)
        elif choice.members is not None:
            found = await _named(users, [read_object_id(member) for member in sorted(choice.members)])
        else:
            found = await users.list_active(filter_text=user_choice.default_filter(choice))
        if asked is not None:
            found = _only(found, asked)
        facts: dict[str, Any] = {
            "tenant": transport.place()[1],
            "caveats": await _read_mailboxes(transport, found, choice),
            "prospects": find_prospects(found, choice).describe(choice.domains),
            "without_users": empty_groups,
        }
        if asked is None and not question.groups:
            facts["without_users"] = user_choice.list_domains_without_users(found, choice)
        if question.with_hash_sync:
            switches = await Survey(transport, None).read_switches()
            facts["password_hash_sync"] = switches.get(HASH_SYNC_SWITCH)
        if asked is not None:
            return user_choice.choose_asked(asked, found, choice), facts
        return user_choice.choose_listed(found, choice), facts


def _only(found: Sequence[DescribedUser], asked: Sequence[CloudIdentity]) -> list[DescribedUser]:
    """Return the users who were asked for. A listing has all others too."""
    wanted = set(asked)
    return [each for each in found if wanted & set(each.user.identities())]


async def _read_mailboxes(transport: Transport, found: Sequence[DescribedUser], choice: Choice) -> list[str]:
    """Add to the users who are wanted what their mailboxes are for. Return a sentence about those it is unknown for."""
    users = user_choice.list_candidates(found, choice)
    purposes = await read_purposes(transport, [each.user.id for each in users])
    for each in users:
        each.mailbox = purposes.of.get(each.user.id)
    if not purposes.unread:
        return []
    return [
        f"What the mailboxes of {amount(len(purposes.unread), 'user')} are for (a person, a room, equipment, or "
        "several people) could not be read, so these users count as people. Grant the app the application permission "
        "MailboxSettings.Read, or list the users who are not people in exclude."
    ]


async def _named(users: Users[DescribedUser], identities: Sequence[CloudIdentity]) -> list[DescribedUser]:
    """Return at least the users with these identities: by filters, or by a listing if that takes no more requests."""
    filters = identity_filters(identities)
    if not filters:
        return []
    total = await users.count() if len(filters) > MAX_REQUESTS else None
    if note_lookup(users, identities=len(identities), filters=len(filters), tenant_users=total):
        return await users.list_active(total)
    return await users.list_matching(filters)


async def _members(transport: Transport, groups: Sequence[str]) -> tuple[frozenset[str], list[str]]:
    """Return the ids of all users in these groups, including nested groups, and the groups that have none."""
    found = await read_group_members(transport, [NamedObject("groups", name) for name in groups])
    empty = [group.text for group, members in found.items() if not members.upns]
    return frozenset(key for members in found.values() for key in members.upns), empty
