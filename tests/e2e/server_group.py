# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter of an Entra Connect server by a group: only its direct members are synchronised (facts §19)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from outside import Directory
from scheduler import Server


class ServerGroup:
    """A group of the directory by which the server filters. Without members, the server synchronises nobody."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.dn = f"CN=Synchronised {os.getpid()},CN=Users,{directory.base}"

    def set_members(self, *upns: str) -> None:
        users = [self.directory.search(f"(userPrincipalName={upn})", "1.1")[0]["dn"][0].decode() for upn in upns]
        values = "".join(f"member: {user}\n" for user in users)
        self.directory.modify(f"dn: {self.dn}\nchangetype: modify\nreplace: member\n{values}")


@contextmanager
def filtered_by_group(directory: Directory, server: Server) -> Iterator[ServerGroup]:
    """Let the server filter by a new group, and remove the group at the end."""
    group = ServerGroup(directory)
    directory.modify(f"dn: {group.dn}\nchangetype: add\nobjectClass: group\n")
    (forest,) = server.read("estate.json")["forests"]
    server.change("estate.json", forests=[{**forest, "group": group.dn}])
    try:
        yield group
    finally:
        directory.modify(f"dn: {group.dn}\nchangetype: delete\n")
