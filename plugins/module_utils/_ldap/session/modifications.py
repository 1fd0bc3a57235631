# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Name an object that is written, and say how its values change, so that a write never meets what was not read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..._identity.core.identities.anchors import guid_text
from .errors import ATTRIBUTE_OR_VALUE_EXISTS, NO_SUCH_ATTRIBUTE

Changes = dict[str, list[tuple[str, list[bytes]]]]

OVERTAKEN = (NO_SUCH_ATTRIBUTE, ATTRIBUTE_OR_VALUE_EXISTS)
"""The result codes of a write that met other values than those that were read."""


def object_name(guid: bytes) -> str:
    """Return the name of an object by its objectGUID (MS-ADTS 3.1.1.3.1.2.4).

    An object may be renamed or moved after it was read, and another one may get its distinguished name.
    """
    return f"<GUID={guid_text(guid)}>"


def value_changes(held: Mapping[str, Sequence[bytes]], wanted: Mapping[str, Iterable[bytes]]) -> Changes:
    """Return the changes that give attributes other values: delete the old ones, and add the new ones.

    ``held`` are the raw values that were read, by lower-case attribute name. Nothing is replaced: the directory refuses
    the change if an old value is no longer there, and a value that somebody else added stays.
    """
    import ldap3

    changes: Changes = {}
    for name, values in wanted.items():
        before, after = [bytes(value) for value in held.get(name.lower(), ())], list(values)
        old = [value for value in before if value not in after]
        new = [value for value in after if value not in before]
        parts = ((ldap3.MODIFY_DELETE, old), (ldap3.MODIFY_ADD, new))
        operations = [(operation, given) for operation, given in parts if given]
        if operations:
            changes[name] = operations
    return changes
