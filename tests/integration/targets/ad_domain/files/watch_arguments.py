# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command and look, ten times a second, whether a secret is among the arguments of any process.

No program that gets one, samba-tool above all, lives for less than that.

Arguments: a file that holds the secret, then the command. Ends as the command does; says on stderr where it was seen.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def holder(secret: bytes) -> str:
    """The name of a process that has the secret among its arguments, or an empty string."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if secret in (folder / "cmdline").read_bytes():
                    return (folder / "comm").read_text().strip()
            except OSError:
                continue
    return ""


def main() -> int:
    secret = Path(sys.argv[1]).read_bytes()
    process = subprocess.Popen(sys.argv[2:])
    seen = ""
    while process.poll() is None:
        seen = seen or holder(secret)
        time.sleep(0.1)
    if seen:
        print(f"WATCHED SECRET SEEN in {seen}", file=sys.stderr)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
