# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move what an interrupted provisioning left into a folder of its own; nothing is deleted.

Argument 1: the folder to make; the others: paths to move, missing ones are passed over. Prints each path moved.
"""

from __future__ import annotations

import os
import shutil
import sys


def main() -> None:
    folder, *paths = sys.argv[1:]
    os.makedirs(folder, mode=0o700)
    for path in paths:
        if os.path.lexists(path):
            shutil.move(path, os.path.join(folder, os.path.basename(path)))
            print(path)


if __name__ == "__main__":
    main()
