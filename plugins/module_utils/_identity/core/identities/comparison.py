# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two ways in which names are compared: Entra's, which decides whom a write concerns, and Active Directory's."""

from __future__ import annotations

import unicodedata

_ASCII_CASE = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def entra_key(text: str) -> str:
    """Return the form in which UPNs, addresses, domains and object ids are compared: without the case of A to Z.

    Nothing else is equal: no letter is folded (``ſ`` is no ``s``), and nothing is stripped. Graph's filters may take
    more for equal, so what Graph returns is compared once more with this function.
    """
    if not text.isascii():
        return text.translate(_ASCII_CASE)
    # Most names have no capital letters. Then the text itself is returned, which takes no more memory.
    return text if text.islower() else text.lower()


def ad_key(text: str) -> str:
    """Return the form in which Active Directory compares its own names: ``sAMAccountName``, ``cn`` and parts of a DN.

    It ignores the case of all letters, spaces around a name, and how an accent is composed. Never use it to find a
    cloud user: names that differ in Entra may be equal here.
    """
    return unicodedata.normalize("NFC", text).strip().casefold()
