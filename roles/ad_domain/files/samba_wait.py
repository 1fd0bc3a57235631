# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until this host answers LDAPS for the domain, with a certificate that a strict client takes.

Arguments: CA file, DNS name to check the certificate against, the domain's DN, Samba's pid file, seconds. A plain port
check would also be content with a server that still starts, or with another one.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import time

# LDAP searchRequest (RFC 4511 4.5.1): message 1, base "", scope base, (objectClass=*), attribute defaultNamingContext.
ROOT_DSE = (
    bytes.fromhex("303b020101 6336 0400 0a0100 0a0100 020100 020100 010100")
    + b"\x87\x0bobjectClass"
    + b"\x30\x16\x04\x14defaultNamingContext"
)


def answer(ca_file: str, server_name: str) -> bytes:
    context = ssl.create_default_context(cafile=ca_file)
    # Python 3.13's default; asked for here too, so that a certificate that newer clients refuse is found now.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", 636), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=server_name) as sealed,
    ):
        sealed.sendall(ROOT_DSE)
        return sealed.recv(4096)


def ended(pid_file: str) -> bool:
    """Whether the Samba that the pid file names is gone: what it cannot have, it may find out only after its start."""
    try:
        with open(pid_file, encoding="ascii") as handle:
            os.kill(int(handle.read()), 0)
    except ProcessLookupError:
        return True
    except (FileNotFoundError, ValueError):
        pass
    return False


def main() -> None:
    ca_file, server_name, domain_dn, pid_file, seconds = sys.argv[1:6]
    deadline = time.monotonic() + float(seconds)
    begun = time.monotonic()
    why = "no answer"
    while time.monotonic() < deadline:
        try:
            if domain_dn.lower().encode() in answer(ca_file, server_name).lower():
                print(f"LDAPS answers after {time.monotonic() - begun:.1f} s")
                return
            why = "the server on port 636 does not belong to this domain"
        except ssl.SSLCertVerificationError as error:
            sys.exit(f"The certificate of the domain controller does not pass a strict check: {error.verify_message}.")
        except OSError as error:
            why = str(error)
        if ended(pid_file):
            sys.exit("Samba ended soon after its start. Check its log.")
        time.sleep(0.25)
    sys.exit(f"The domain controller did not answer over LDAPS within {seconds} s ({why}). Check its log.")


if __name__ == "__main__":
    main()
