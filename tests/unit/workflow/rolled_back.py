# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that made accounts, and what a rollback says of them."""

from __future__ import annotations

from typing import Any

from estate import NAMES, STAFF, VALUES, Estate, upn
from forest_script import guid
from live_directory import DOMAIN_GUID

from ansible_collections.hybrid.identity.plugins.module_utils._identity.accounts.state import account_state
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.journal import WRITTEN, JournalEntry

MADE, MATCHED = "20261129T100000Z-localhost-aaaaaa", "20261129T110000Z-localhost-bbbbbb"
PLACE = ("domain", str(DOMAIN_GUID))
NOBODY = dict.fromkeys(VALUES)
REMOVED, PUT_BACK, UNCHANGED = ("removed", None), ("put_back", None), ("unchanged", None)


def made_entry(estate: Estate, name: str) -> JournalEntry:
    """The line of a run that made an account as the directory has it now."""
    distinguished_name = estate.directory.name_of(name)
    held = {key.lower(): values for key, values in estate.directory.held[distinguished_name].items()}
    return JournalEntry(upn(name), upn(name), "account", None, account_state(distinguished_name, held), PLACE)


def filled_entry(number: int, name: str, attribute: str, before: Any, after: Any) -> JournalEntry:
    """The line of a run that changed one attribute of an account."""
    return JournalEntry(str(guid(number)), upn(name), attribute, before, after, PLACE)


def make_accounts(estate: Estate, *names: str, outcome: str = WRITTEN) -> None:
    """Let the accounts of the estate be those that a run made."""
    for name in names or NAMES:
        # As the directory makes them: nobody is in a group besides the primary one.
        estate.directory.change(name, memberOf=[], whenCreated=["20261129100000.0Z"])
    estate.write_journal(MADE, *(made_entry(estate, name) for name in names or NAMES), outcome=outcome)


def statuses(result: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Return status and cause of each user, by the first part of the UPN."""
    return {each["user_principal_name"].partition("@")[0]: (each["status"], each["cause"]) for each in result["users"]}


def people(estate: Estate) -> set[str]:
    """Return whose accounts are in the directory."""
    return {name for name in NAMES if any(each == f"CN={name},{STAFF}" for each in estate.directory.held)}
