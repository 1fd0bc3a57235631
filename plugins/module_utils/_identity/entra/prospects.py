# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who would get an account in Active Directory, and whose UPN prevents it: a look at Entra ID only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..core.identities.upn import upn_fault
from ..core.text.counts import amount, plural
from ..core.text.visible import visible
from .user_choice import Choice, DescribedUser

_SHOWN = 20


@dataclass(frozen=True)
class Prospects:
    """UPNs, sorted. ``elsewhere``: users whom only their domain leaves out. ``unusable``: whom a sync would rename."""

    accounts: Sequence[str]
    elsewhere: Sequence[str]
    unusable: Sequence[str]

    def describe(self, domains: Iterable[str]) -> list[str]:
        """Return one line for each of the three. ``domains`` are those of the choice."""
        named = ", ".join(sorted(domains))
        of = "the domain" if "," not in named else "one of the domains"
        lines = [f"{_users(self.accounts)} would get an account{_names(self.accounts)}."]
        if self.elsewhere:
            lines.append(
                f"{_users(self.elsewhere)} would not get an account, because the UPN is not in {of} "
                f"{named}{_names(self.elsewhere)}. Change the UPN to {of} first."
            )
        if self.unusable:
            lines.append(
                f"{_users(self.unusable)} would not get an account, because a sync would not keep the "
                f"UPN{_names(self.unusable)}. Correct {plural(len(self.unusable), 'it', 'them')} in Entra ID first."
            )
        return [visible(line) for line in lines]


def find_prospects(users: Iterable[DescribedUser], choice: Choice) -> Prospects:
    """Sort the users who meet a choice by what their UPN allows, also those who are of no domain of the choice."""
    anywhere = replace(choice, domains=frozenset())
    accounts, elsewhere, unusable = [], [], []
    for each in users:
        upn = each.user.user_principal_name or each.user.id
        if anywhere.objection(each) is not None:
            continue
        if choice.objection(each) is not None:
            elsewhere.append(upn)
        elif upn_fault(upn):
            unusable.append(upn)
        else:
            accounts.append(upn)
    return Prospects(*(sorted(found, key=str.casefold) for found in (accounts, elsewhere, unusable)))


def _users(names: Sequence[str]) -> str:
    return amount(len(names), "user")


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f": {', '.join(names[:_SHOWN])}{more}" if names else ""
