# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters between a GUID and its ImmutableId."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.identities.anchors import (
    guid_of_immutable_id,
    immutable_id_of_guid,
)
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.visible import visible


def guid_to_immutable_id(guid: Any) -> str:
    """The ImmutableId of a dashed GUID. Raises AnsibleFilterError for anything else."""
    try:
        return immutable_id_of_guid(str(guid))
    except InputError as error:
        raise AnsibleFilterError(visible(error.message)) from error


def immutable_id_to_guid(immutable_id: Any) -> str:
    """The dashed GUID of an ImmutableId. Raises AnsibleFilterError for anything else."""
    try:
        return str(guid_of_immutable_id(str(immutable_id)))
    except InputError as error:
        raise AnsibleFilterError(visible(error.message)) from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"guid_to_immutable_id": guid_to_immutable_id, "immutable_id_to_guid": immutable_id_to_guid}
