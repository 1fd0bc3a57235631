# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules share."""

from __future__ import annotations

from ansible_collections.hybrid.identity.plugins.module_utils._module.argspec import graph_options, ldap_options


def test_a_module_can_take_the_options_of_both_directories() -> None:
    assert graph_options().keys() & ldap_options().keys() == set()
