# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for the UPN suffixes of a forest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..core.errors import InputError
from ..core.identities.comparison import ad_key
from ..core.identities.upn import dns_suffix
from ..core.text.counts import amount
from ..core.text.sentences import join_names


@dataclass(frozen=True)
class SuffixPlan:
    """Values to add and to remove, in stored spelling, and the list before and after. All are sorted.

    ``implicit`` has the wanted suffixes that are DNS domains of the forest.
    """

    before: list[str]
    after: list[str]
    add: list[str]
    remove: list[str]
    implicit: list[str]

    @property
    def changed(self) -> bool:
        return bool(self.add or self.remove)


def plan_suffixes(stored: Sequence[str], wanted: Sequence[str], implicit: Sequence[str], state: str) -> SuffixPlan:
    """Plan what to add to and remove from ``uPNSuffixes``.

    ``stored`` is the attribute's current value, ``implicit`` the forest's own DNS domains. These are suffixes without
    being listed (facts §7), so they are never added, and only ``absent`` removes them if they are listed. ``state`` is
    ``present``, ``absent`` or ``exact``. A stored value keeps its spelling.

    :raises InputError: if a wanted suffix is not a DNS name. For ``absent``, it may be any stored text, so that an
        invalid value can be removed.
    """
    by_name = {ad_key(suffix): suffix for suffix in stored}
    own = {ad_key(domain) for domain in implicit}
    names: dict[str, str] = {}
    for text in wanted:
        known = state == "absent" and ad_key(text) in by_name
        suffix = text.strip() if known else dns_suffix(text)
        names.setdefault(ad_key(suffix), suffix)
    add: list[str] = []
    remove: list[str] = []
    if state in ("present", "exact"):
        add = [suffix for name, suffix in names.items() if name not in by_name and name not in own]
    if state == "absent":
        remove = [by_name[name] for name in names if name in by_name]
    if state == "exact":
        remove = [suffix for name, suffix in by_name.items() if name not in names and name not in own]
    gone = {ad_key(suffix) for suffix in remove}
    after = [suffix for name, suffix in by_name.items() if name not in gone] + add
    return SuffixPlan(
        before=_sorted(by_name.values()),
        after=_sorted(after),
        add=_sorted(add),
        remove=_sorted(remove),
        implicit=_sorted(suffix for name, suffix in names.items() if name in own),
    )


def refuse_suffixes_in_use(carriers: Mapping[str, Sequence[str]]) -> None:
    """Refuse to remove suffixes that users still have.

    ``carriers`` maps each suffix to be removed to the UPNs that end in it.

    :raises InputError: if a suffix is in use; it names the suffixes, how many users have each, and the first of them.
    """
    used = {suffix: sorted(upns) for suffix, upns in carriers.items() if upns}
    if not used:
        return
    parts = []
    for suffix, upns in sorted(used.items()):
        parts.append(f"{suffix} is in use by {amount(len(upns), 'user')}: {join_names(upns)}")
    raise InputError(
        f"Nothing was removed: {'; '.join(parts)}. Change the UPNs of these users first, or set force to true.",
        in_use={suffix: len(upns) for suffix, upns in sorted(used.items())},
    )


def _sorted(suffixes: Iterable[str]) -> list[str]:
    return sorted(suffixes, key=lambda suffix: (ad_key(suffix), suffix))
