# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a run can keep its files."""

from __future__ import annotations

from ..core.text.counts import amount
from .checks import Check, by_error, fine, unknown, wrong

FOLDER, SPACE = "run_folder", "disk_space"

LEAST = 100 * 1024 * 1024
"""Bytes that must be free, however few users there are."""
PER_USER = 50 * 1024
"""Bytes for one user in all files of a run. A plan has less than 11 KiB for each user (guarded_files.OWN); a run has a
plan, a result, a journal and a report of the hard match, plan and result of the accounts, and a proof."""

_MIB = 1024 * 1024


def check_folder(path: str | None, fault: str | None) -> Check:
    """Check the folder of the runs. ``fault``: why no file can be made in it, as a sentence."""
    if not path:
        return unknown(
            FOLDER,
            "No folder is set for the files of the runs.",
            "Set hybrid_identity_run_folder, which a run needs.",
        )
    return by_error(FOLDER, fault) if fault else fine(FOLDER, f"A run can create its files in {path}.")


def check_space(path: str, free: int | None, users: int | None) -> Check:
    """Check the free space for a run. ``free`` is in bytes, None if unknown. ``users``: how many the tenant has."""
    if free is None:
        return unknown(SPACE, f"The free space of {path} could not be read.", "Correct hybrid_identity_run_folder.")
    needed = max(LEAST, PER_USER * (users or 0))
    people = "an unknown number of users" if users is None else amount(users, "user")
    about = f"a run needs about {_mib(needed)} for {people}"
    if free >= needed:
        return fine(SPACE, f"{path} has {_mib(free)} of free space, and {about}.")
    return wrong(
        SPACE, f"{path} has only {_mib(free)} of free space, and {about}.", "Free some space, or use another folder."
    )


def _mib(size: int) -> str:
    return f"{size // _MIB:,} MiB"
