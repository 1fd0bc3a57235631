# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch the collections of others that `make bench` measures beside this one, and lay them out under .cache/peers."""

from __future__ import annotations

import collection_tree

if __name__ == "__main__":
    collection_tree.unpack(("community/general",), collection_tree.CACHE / "peers" / "ansible_collections")
