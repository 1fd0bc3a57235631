# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which permissions of Microsoft Graph each stage needs, and which of them a token has.

README.md, "Permissions", shows the same table (tests/unit/identity/preconditions/test_permissions.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .checks import ACCOUNTS, HARD_MATCH, SYNC, UNKNOWN, Check, fine, unknown, wrong

APP, DELEGATED = "app", "delegated"

USERS, WRITE_USERS = "User.Read.All", "User.ReadWrite.All"
SIGNED_IN_USER = "Directory.AccessAsUser.All"
"""With this delegated permission, the roles of the person who signed in decide (facts §23)."""


@dataclass(frozen=True)
class Granted:
    """What a token may do. ``kind``: APP (the claim ``roles``) or DELEGATED (the claim ``scp``)."""

    kind: str
    names: frozenset[str]


NOTHING = Granted(APP, frozenset())


@dataclass(frozen=True)
class Row:
    """Permissions that the same stages need for the same thing.

    ``required``: without one of them, the stage writes nobody, or not all whom it should. ``without`` ends a sentence
    about a run that lacks one.
    """

    permissions: tuple[str, ...]
    stages: tuple[str, ...]
    required: bool
    without: str


TABLE = (
    Row((WRITE_USERS,), (HARD_MATCH,), True, "the ImmutableIds of users cannot be set"),
    Row((USERS,), (ACCOUNTS, SYNC), True, "cloud users cannot be read"),
    Row(
        ("RoleManagement.Read.Directory", "RoleEligibilitySchedule.Read.Directory", "GroupMember.Read.All"),
        (HARD_MATCH,),
        True,
        "it is unknown who is an administrator, so no user is matched",
    ),
    Row(
        ("Domain.Read.All", "OrgContact.Read.All"),
        (HARD_MATCH,),
        True,
        "results that need it are unknown, and users with unknown results are not matched by default",
    ),
    Row(
        ("Organization.Read.All",),
        (HARD_MATCH,),
        False,
        "a run without an Entra Connect server writes nothing",
    ),
    Row(("Application.Read.All",), (HARD_MATCH,), False, "a run cannot read who owns the app"),
    Row(
        ("User-OnPremisesSyncBehavior.ReadWrite.All",),
        (HARD_MATCH,),
        False,
        "a run cannot read for which users the cloud is the source of authority",
    ),
    Row(("MailboxSettings.Read",), (ACCOUNTS,), False, "shared and room mailboxes with a licence count as people"),
    Row(("User.DeleteRestore.All",), (), False, "users in the recycle bin can be neither restored nor purged"),
)
"""The last row belongs to an option (``deleted_holders``), not to a stage."""

_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
_HIGHER: dict[str, tuple[str, ...]] = {
    WRITE_USERS: ("Directory.ReadWrite.All",),
    USERS: (WRITE_USERS, *_DIRECTORY),
    "RoleManagement.Read.Directory": ("RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", *_DIRECTORY),
    "RoleEligibilitySchedule.Read.Directory": (
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "RoleManagement.Read.Directory",
        "RoleManagement.Read.All",
        "RoleManagement.ReadWrite.Directory",
    ),
    "GroupMember.Read.All": ("GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY),
    "Domain.Read.All": ("Domain.ReadWrite.All", *_DIRECTORY),
    "OrgContact.Read.All": _DIRECTORY,
    "Organization.Read.All": ("Organization.ReadWrite.All", *_DIRECTORY),
    "Application.Read.All": ("Application.ReadWrite.All", *_DIRECTORY),
    "MailboxSettings.Read": ("MailboxSettings.ReadWrite",),
    "User.DeleteRestore.All": (WRITE_USERS,),
}
"""Permissions that include others (facts §23)."""


def has(granted: Granted, permission: str) -> bool:
    """Return whether a token has a permission, or one that includes it."""
    return not granted.names.isdisjoint((permission, *_HIGHER.get(permission, ())))


def check_consent(granted: Granted, tenant: str) -> Check:
    """Check that the token has any permission at all."""
    if granted.names:
        what = "application" if granted.kind == APP else "delegated"
        many = f"{len(granted.names)} {what} permission{'s' if len(granted.names) > 1 else ''}"
        return fine("entra_consent", f"The token has {many} of Microsoft Graph.")
    return wrong(
        "entra_consent",
        f"The app has no permission of Microsoft Graph in tenant {tenant}, so admin consent is missing.",
        "Add the application permissions that README.md lists to the app registration, and have an administrator give "
        "admin consent.",
    )


def check_permissions(granted: Granted, stages: Sequence[str]) -> list[Check]:
    """Return a check for each stage that needs permissions, and one for the permissions that a run can do without."""
    checks = [_check_stage(granted, stage) for stage in (ACCOUNTS, HARD_MATCH, SYNC) if stage in stages]
    return [*checks, *_check_others(granted, stages)]


def permission_check(stage: str) -> str:
    """Return the name of the check of a stage's permissions."""
    return f"entra_permissions_{stage}"


def _check_stage(granted: Granted, stage: str) -> Check:
    name = permission_check(stage)
    rows = [row for row in TABLE if row.required and stage in row.stages]
    lacking = [(each, row.without) for row in rows for each in row.permissions if not has(granted, each)]
    if not lacking:
        return fine(name, f"The token has the permissions that the stage {stage} needs.")
    reasons = dict.fromkeys(without for _permission, without in lacking)
    finding = f"The token lacks {_listed(each for each, _why in lacking)}: {'; '.join(reasons)}."
    if granted.kind == DELEGATED and SIGNED_IN_USER in granted.names:
        return Check(
            name,
            UNKNOWN,
            f"{finding.removesuffix('.')}, unless the roles of the signed-in user allow it.",
            "Sign in as an app that has the permissions, or check the roles of this user.",
        )
    kind = "application" if granted.kind == APP else "delegated"
    what = f"{kind} permission{'s' if len(lacking) > 1 else ''}"
    return wrong(
        name, finding, f"Grant the app the {what} {_listed(each for each, _why in lacking)} and give admin consent."
    )


def _check_others(granted: Granted, stages: Sequence[str]) -> list[Check]:
    rows = [row for row in TABLE if not row.required and set(row.stages) & set(stages)]
    lacking = {each: row.without for row in rows for each in row.permissions if not has(granted, each)}
    if not rows:
        return []
    if not lacking:
        return [fine("entra_permissions_more", "The token also has the optional permissions.")]
    reasons = "; ".join(dict.fromkeys(lacking.values()))
    return [
        unknown(
            "entra_permissions_more",
            f"The token lacks the optional permission{'s' if len(lacking) > 1 else ''} {_listed(lacking)}: {reasons}.",
            f"If you need this, grant the app {_listed(lacking)}.",
        )
    ]


def _listed(names: Iterable[str]) -> str:
    texts = list(names)
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
