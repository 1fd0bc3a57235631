# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Set the Administrator's password in a directory that is not running, so that it is on no command line.

Stdin is a JSON object: ``conf`` (path of smb.conf), ``private`` (folder of sam.ldb), ``password``. Prints one
sentence on failure, and never the password. Run by the system's Python, which has Samba's own bindings.
"""

from __future__ import annotations

import json
import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB


def main() -> None:
    given = json.load(sys.stdin)
    options = LoadParm()
    options.load(given["conf"])
    directory = SamDB(url=f"{given['private']}/sam.ldb", session_info=system_session(), lp=options)
    # By its well-known RID: an administrator may have been renamed.
    administrator = f"(objectSid={directory.get_domain_sid()}-500)"
    try:
        directory.setpassword(administrator, given["password"])
    except ldb.LdbError as error:
        # The second argument of an LdbError is Samba's own sentence; it names the rule that was broken, not the value.
        sys.exit(
            f"Samba did not accept the password of the Administrator: {error.args[1].replace(given['password'], '***')}"
        )


if __name__ == "__main__":
    main()
