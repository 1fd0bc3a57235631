# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A socket that counts what it receives, because ldap3 collects an answer of any size before it shows it."""

from __future__ import annotations

from typing import Any


class MeteredSocket:
    """A socket that receives at most ``most`` bytes between two calls of ``restart``; then ``exceeded`` is True."""

    def __init__(self, inner: Any, most: int) -> None:
        self.exceeded = False
        self._inner = inner
        self._most = most
        self._left = most

    def restart(self) -> None:
        """Begin to count anew, before a request."""
        self._left = self._most

    def recv(self, *arguments: Any) -> bytes:
        """Receive bytes.

        :raises OSError: if there are too many, as if the connection had ended.
        """
        data: bytes = self._inner.recv(*arguments)
        self._left -= len(data)
        if self._left < 0:
            self.exceeded = True
            raise OSError("the answer is too large")
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
