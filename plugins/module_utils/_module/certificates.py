# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The warning of modules that read from a domain controller without checking its certificate.

``LdapOptions.from_params`` refuses this to modules that write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def warn_if_unchecked(module: AnsibleModule, connection: Mapping[str, Any]) -> None:
    """Warn if the connection options of a task that only reads turn the check of the certificate off."""
    if connection["cert_validation"] == "ignore":
        module.warn(
            "cert_validation is ignore, so an attacker on the network can read the password and answer instead of the "
            "domain controller. Set ca_cert to the certificate of the CA."
        )
