# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups, organizational units and users that the options ``scope`` and ``exclude`` name."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError
from ..identities.anchors import is_guid
from ..identities.distinguished_names import is_distinguished_name


@dataclass(frozen=True, slots=True)
class NamedObject:
    """What an option names.

    ``option`` is for sentences, such as ``exclude.groups``. ``text`` is what the caller wrote.
    """

    option: str
    text: str

    def __str__(self) -> str:
        """What a sentence begins with."""
        return f"{self.option} names {self.text}"


def is_entra_group(group: NamedObject, by_name: bool = False) -> bool:
    """Return whether a group is one of Entra, which an object id names; a distinguished name is a group's of AD.

    ``by_name``: a display name names a group of Entra too.

    :raises InputError: if the text names no group.
    """
    if is_distinguished_name(group.text):
        return False
    if is_guid(group.text) or (by_name and group.text.strip()):
        return True
    raise InputError(
        f"{group}, which does not identify a group. Use the distinguished name of a group in Active Directory, or the "
        f"object id {'or the display name ' if by_name else ''}of one in Entra ID."
    )
