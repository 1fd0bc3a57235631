# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the tenant can be used: it is there, the app signs in, domains are verified, and emergency accounts exist."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..core.errors import UNREACHABLE
from ..core.identities.comparison import entra_key
from .checks import Check, by_error, fine, not_made, unknown, wrong

REACHED, TENANT, SIGN_IN, CONSENT = "entra_reached", "entra_tenant", "entra_sign_in", "entra_consent"
DOMAINS, ADMINISTRATORS = "entra_domains", "entra_administrators"

ENOUGH_ADMINISTRATORS = 2
"""Microsoft: "Create two or more emergency access accounts" (facts §23)."""

_NETWORK = (*UNREACHABLE, "untrusted_certificate", "not_graph", "unknown_authority")
_NO_CONSENT = ("app_not_in_tenant",)
_OF_TENANT = ("unknown_tenant",)
_OF_APP = (
    "invalid_secret",
    "expired_secret",
    "unknown_app",
    "disabled_app",
    "certificate_rejected",
    "assertion_expired",
    "federation_rejected",
    "conditional_access",
)
"""Causes that only a tenant can give that is there."""
_STEPS = ((REACHED, "Entra ID"), (TENANT, "The tenant"), (CONSENT, "Admin consent"), (SIGN_IN, "The app's sign-in"))


def check_signed_in(tenant: str, client_id: str | None) -> list[Check]:
    """Return the checks of a sign-in that succeeded, without the one of the consent. ``tenant``: the tenant's id."""
    app = f"App {client_id}" if client_id else "The app or the person of auth_source"
    return [
        fine(REACHED, "Entra ID answers, with a trusted certificate."),
        fine(TENANT, f"The tenant is {tenant}."),
        fine(SIGN_IN, f"{app} can sign in."),
    ]


def check_refused(cause: str, message: str) -> list[Check]:
    """Return the checks of a sign-in that failed."""
    failed = _failed_step(cause)
    if failed == SIGN_IN and cause not in _OF_APP:
        # It is unknown how far it came.
        others = [not_made(name, what, SIGN_IN) for name, what in _STEPS if name != SIGN_IN]
        return [*others, by_error(SIGN_IN, message)]
    order = [name for name, _what in _STEPS]
    checks = []
    for name, what in _STEPS:
        if name == failed:
            checks.append(by_error(name, message))
        elif name == CONSENT and failed == SIGN_IN:
            checks.append(not_made(name, what, SIGN_IN))
        elif order.index(name) < order.index(failed):
            checks.append(fine(name, f"{what} was found." if name == TENANT else f"{what} answers."))
        else:
            checks.append(not_made(name, what, failed))
    return checks


def _failed_step(cause: str) -> str:
    for name, causes in ((REACHED, _NETWORK), (TENANT, _OF_TENANT), (CONSENT, _NO_CONSENT)):
        if cause in causes:
            return name
    return SIGN_IN


def check_domains(wanted: Sequence[str], verified: Collection[str], suffixes: Sequence[str]) -> Check:
    """Check that the wanted domains are verified in the tenant. ``suffixes``: the forest's UPN suffixes."""
    known = {entra_key(each) for each in verified}
    missing = [each for each in wanted if entra_key(each) not in known]
    if missing:
        return wrong(
            DOMAINS,
            f"The tenant has not verified {', '.join(missing)}, so a sync would change the user principal names that "
            "end with them.",
            "Add and verify the domain in the Microsoft 365 admin center, or remove it from hybrid_identity_domains.",
        )
    others = [each for each in suffixes if entra_key(each) not in known]
    told = f"; of the UPN suffixes of the forest, it has not verified {', '.join(others)}" if others else ""
    return fine(DOMAINS, f"The tenant has verified {', '.join(wanted) or 'its own domains'}{told}.")


@dataclass(frozen=True)
class Administrator:
    """Somebody who holds the role Global Administrator. ``is_in_scope`` is None if nobody could tell."""

    user_principal_name: str
    is_cloud_only: bool
    is_enabled: bool
    is_in_scope: bool | None = None


def check_administrators(found: Sequence[Administrator]) -> Check:
    """Check that enough Global Administrators stay what they are, whatever a run does. Nobody is named."""
    usable = [each for each in found if each.is_cloud_only and each.is_enabled]
    outside = [each for each in usable if each.is_in_scope is False]
    unclear = [each for each in usable if each.is_in_scope is None]
    told = (
        f"Global Administrators who are enabled, exist only in the cloud and are outside the scope: {len(outside)} of "
        f"{len(found)}"
    )
    if len(outside) >= ENOUGH_ADMINISTRATORS:
        return fine(ADMINISTRATORS, f"{told}.")
    if len(outside) + len(unclear) >= ENOUGH_ADMINISTRATORS:
        return unknown(
            ADMINISTRATORS,
            f"{told}. For {len(unclear)} more, it is unknown whether they are in the scope.",
            "Correct the problems with reading Active Directory, and run the doctor again.",
        )
    return wrong(
        ADMINISTRATORS,
        f"{told}. You need {ENOUGH_ADMINISTRATORS} to be able to sign in to the tenant if a match or a sync goes "
        "wrong.",
        "Create emergency accounts (cloud-only Global Administrators without an AD account), and add them to "
        "hybrid_identity_exclude.",
    )
