# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader of the tables has to know."""

from __future__ import annotations

from .figures import Quota
from .peers import SAMPLE
from .runs import TIME_SCALE

_NOTES = (
    "The whole role is `hard_match` with its defaults: plan, apply, no report and no Entra Connect server. It has the "
    "start of `ansible-playbook`. "
    "The servers share the machine's cores with it; their CPU stands beside each line.",
    "The floor is one paged search by `ldap3`, one listing and `$batch`es of PATCHes by `httpx`, four in flight, "
    "and no check at all. Before a first run writes, the role also reads roles, domains, contacts, groups, the recycle "
    "bin and what only beta shows, and it reads the planned users again. A second run only lists the users.",
    "Ansible itself: the tasks that the role runs, with a module in place of its own that takes the same paths and "
    "returns what the role's own modules returned. Tasks that are skipped are left out.",
    "Memory is the peak of the largest module process, and of the largest other one, `ansible-playbook` or a "
    "worker of it.",
    f"The loop of `ansible.builtin.uri` ran for {SAMPLE} users at most. It stands for "
    "`azure.azcollection.azure_rm_aduser`, which cannot be sent elsewhere than to Microsoft's own hosts, and "
    "reads before and after each PATCH besides.",
)


def told(quota: Quota | None) -> list[str]:
    """The notes, with how the run against the quota went."""
    if quota is None:
        return list(_NOTES)
    return [
        *_NOTES,
        f"Against the quota, {quota.users:,} users took {quota.seconds:.1f} s with every window {1 / TIME_SCALE:g} "
        f"times shorter, and {quota.refused:,} requests and items of batches were told to wait.",
    ]
