# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole directory as sorted LDIF, read by ldbsearch and not by code of ours, to compare before and after.

`python -m lab.dc.dump STATE_DIR > before.ldif`. Every write raises the object's uSNChanged and
whenChanged, which stay in, so that a write that changes nothing else is seen too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

# What Samba itself writes while nobody does anything: at a bind by password, and in the domain controller's own upkeep.
VOLATILE_ATTRIBUTES = {"lastlogon", "lastlogontimestamp", "logoncount", "badpwdcount", "badpasswordtime"}
VOLATILE_OBJECTS = ("CN=RID Set,", "CN=RID Manager$,")
SCOPES = ("", "CN=Configuration,")


def dump_directory(sam: Path, smb_conf: Path, base_dn: str = "DC=ad,DC=contoso,DC=com") -> str:
    """Domain and configuration partition as LDIF, objects and lines sorted. Raises RuntimeError."""
    blocks: list[str] = []
    for prefix in SCOPES:
        blocks += _blocks(_ldbsearch(sam, smb_conf, f"{prefix}{base_dn}"))
    return "\n\n".join(sorted(set(blocks))) + "\n"


def _ldbsearch(sam: Path, smb_conf: Path, base: str) -> str:
    # Deleted objects are shown, since a deletion is a write.
    where = ["-H", str(sam), f"--configfile={smb_conf}", "-b", base, "--scope=sub", "--show-deleted", "--show-recycled"]
    command = ["ldbsearch", *where, "(objectClass=*)", "*", "uSNChanged", "whenChanged"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        raise RuntimeError(f"ldbsearch could not read {sam}: {done.stderr.strip()}")
    return done.stdout


def _blocks(text: str) -> list[str]:
    found = []
    for block in text.replace("\n ", "").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith(("#", "ref:"))]
        if not lines or not lines[0].startswith("dn:") or lines[0].removeprefix("dn: ").startswith(VOLATILE_OBJECTS):
            continue
        kept = sorted(line for line in lines[1:] if line.split(":", 1)[0].lower() not in VOLATILE_ATTRIBUTES)
        found.append("\n".join([lines[0], *kept]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Dump the lab's directory.")
    parser.add_argument("state_dir", type=Path)
    home = parser.parse_args().state_dir / "dc"
    try:
        sys.stdout.write(dump_directory(home / "private" / "sam.ldb", home / "etc" / "smb.conf"))
    except RuntimeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
