# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the clock of this machine agrees with those of the directories.

Kerberos and tokens tolerate five minutes (facts §23).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .checks import Check, fine, wrong

AD_CLOCK, ENTRA_CLOCK = "ad_clock", "entra_clock"

TOLERANCE = timedelta(minutes=5)


def check_clock(name: str, whose: str, theirs: datetime, ours: datetime) -> Check:
    """Compare a service's time with ours. ``whose`` names the service."""
    ahead = ours - theirs
    seconds = round(abs(ahead).total_seconds())
    if abs(ahead) <= TOLERANCE:
        return fine(name, f"The clocks of this machine and of {whose} differ by {seconds} s.")
    return wrong(
        name,
        f"The clock of this machine is {seconds} s {'ahead of' if ahead > timedelta() else 'behind'} the clock of "
        f"{whose}, and Kerberos and tokens tolerate {round(TOLERANCE.total_seconds())} s.",
        "Synchronise this machine and the domain controller with a time server (NTP).",
    )
