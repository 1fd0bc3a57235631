# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast it is, measured: `make bench`. No test, and not in CI.

Beside the role stand the least that could be asked of the same directory and the same tenant (the floor), what Ansible
itself costs for the same tasks, and what people use today (the peers).
"""
