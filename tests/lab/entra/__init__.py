# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Entra emulator: the part of Microsoft's login service and of Graph v1.0 that the collection uses.

`python -m lab.entra` starts it. One file a concern; every rule cites the row of the facts it comes from, and what is
marked [NF] there (looked for, not found) is not enforced.
"""
