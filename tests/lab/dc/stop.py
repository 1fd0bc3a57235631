# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lab.dc.stop STATE_DIR`: stop the domain controller of that lab."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .service import LabError, down


def main() -> None:
    parser = argparse.ArgumentParser(description="Stop the lab's domain controller.")
    parser.add_argument("state_dir", type=Path)
    try:
        stopped = down(parser.parse_args().state_dir)
    except LabError as error:
        sys.exit(str(error))
    print("stopped" if stopped else "was not running")


if __name__ == "__main__":
    main()
