# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of Active Directory, LDAP and TLS: one sentence for each cause. Codes decide, not the wording of messages.

``LdapError.details`` holds ``cause``, a stable identifier, and ``result_code`` if a server gave one.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import Any

from ..._identity.core.errors import IdentityError
from ..._identity.core.text.visible import visible

SUCCESS = 0
NO_SUCH_ATTRIBUTE = 16
CONSTRAINT_VIOLATION = 19
ATTRIBUTE_OR_VALUE_EXISTS = 20
NO_SUCH_OBJECT = 32
INVALID_CREDENTIALS = 49
ENTRY_EXISTS = 68


class LdapError(IdentityError):
    """Active Directory could not be reached, or refused a request."""

    def __init__(self, message: str, cause: str, **details: Any) -> None:
        super().__init__(message, cause=cause, **details)
        self.cause = cause

    @property
    def result_code(self) -> int | None:
        """The LDAP result code (RFC 4511), None if no server answered."""
        return self.details.get("result_code")


class Unreachable(LdapError):
    """A server could not be reached. The next one may be tried."""


class ConnectionLost(LdapError):
    """The server closed the connection or stopped answering."""


# Win32 errors in the "data" field of Active Directory's answer to a bind: learn.microsoft.com "System Error Codes"
# (1300-1699, 1700-3999), used as in Microsoft's "Simple binds aren't always so simple". The last one is
# SEC_E_BAD_BINDINGS of "COM Error Codes (Security and Setup)".
_BIND_DATA = {
    0x525: ("no_such_account", "there is no such account; check username"),
    0x52E: ("wrong_password", "the username or the password is wrong; correct them"),
    0x530: ("logon_hours", "the logon hours of the account do not allow this time; change them or use another account"),
    0x531: ("logon_workstation", "the account may not log on from this machine; allow it or use another account"),
    0x532: ("password_expired", "the password has expired; set a new one"),
    0x533: ("account_disabled", "the account is disabled; enable it or use another account"),
    0x569: ("logon_type_not_granted", "the account lacks the right to log on over the network; grant it"),
    0x701: ("account_expired", "the account has expired; extend it or use another account"),
    0x773: ("password_must_change", "the password must be changed before the first logon; set a new one"),
    0x775: ("account_locked", "the account is locked out; unlock it or wait, then correct the password"),
    0x80090346: (
        "channel_binding",
        "the server requires another channel binding; TLS must end at the server, not at a proxy in between",
    ),
}

# The result codes of RFC 4511 appendix A that the user can act on.
_RESULTS = {
    3: ("time_limit", "the server's time limit was reached; narrow the search with search_base or search_filter"),
    4: ("size_limit", "the server's size limit was reached; narrow the search with search_base or search_filter"),
    7: ("auth_method_not_supported", "the server does not support this sign-in method; choose another auth_protocol"),
    8: (
        "stronger_auth_required",
        "the server requires a stronger sign-in method; try another auth_protocol or tls_mode",
    ),
    11: ("admin_limit", "an administrative limit of the server was reached; narrow the search or raise the limit"),
    12: ("control_not_supported", "the server does not support a required control, such as paged results"),
    13: ("confidentiality_required", "the server requires encryption; use tls_mode ldaps"),
    NO_SUCH_OBJECT: ("no_such_object", "there is no such object; check the distinguished name"),
    34: ("invalid_dn", "the distinguished name is malformed; write it as OU=Staff,DC=contoso,DC=com"),
    50: (
        "insufficient_rights",
        "the account that signed in lacks the right to do this; delegate it or use another account",
    ),
    51: ("busy", "the server is busy; try again later or set server to another domain controller"),
    52: (
        "unavailable",
        "the server is shutting down or not ready; try again later or set server to another domain controller",
    ),
    53: ("unwilling", "the server refuses to do this"),
    66: ("has_children", "there are objects below it; move or delete them first"),
    ENTRY_EXISTS: ("entry_exists", "such an object already exists; run the task again, which reads the names again"),
}

_REFERRAL = 10
_DATA = re.compile(r"\bdata ([0-9a-fA-F]+)\b")


def result_error(result: Mapping[str, Any], server: str, doing: str) -> LdapError:
    """Return the error for a failed operation. ``doing`` describes it, such as ``read OU=Staff,DC=contoso,DC=com``."""
    code = int(result["result"])
    if code == _REFERRAL:
        # A read-only DC refers each write to another server, and any DC refers the names of other domains.
        return LdapError(
            f"{server} could not {doing}: it refers to another server. Set server to a writable domain controller of "
            "that domain.",
            "referral",
            result_code=code,
        )
    if code in _RESULTS:
        cause, text = _RESULTS[code]
        told = f" ({_diagnostic(result)})" if cause == "unwilling" and _diagnostic(result) else ""
        return LdapError(f"{server} could not {doing}: {text}{told}.", cause, result_code=code)
    told = _diagnostic(result) or "no further details"
    name = result.get("description") or code
    return LdapError(
        f"{server} could not {doing}: {name} ({told}). Look for the code in the log of the server.",
        "ldap_result",
        result_code=code,
    )


def bind_error(result: Mapping[str, Any], server: str, username: str | None) -> LdapError:
    """Return the error for a refused bind. Invalid credentials are explained by the ``data`` code in the message."""
    code = int(result["result"])
    who = f"as {username} " if username else ""
    if code != INVALID_CREDENTIALS:
        return result_error(result, server, f"sign in {who}".strip())
    found = _DATA.search(str(result.get("message") or ""))
    data = int(found.group(1), 16) if found else 0x52E
    cause, text = _BIND_DATA.get(data, ("invalid_credentials", f"the sign-in was refused with Win32 error 0x{data:x}"))
    return LdapError(f"{server} refused the sign-in {who}: {text}.".replace(" :", ":"), cause, result_code=code)


# X509_V_ERR_* of OpenSSL's x509_vfy.h.
_CERTIFICATE = {
    9: ("certificate_not_yet_valid", "is not valid yet; check the clocks of both machines"),
    10: ("certificate_expired", "has expired; renew it on the server"),
    23: ("certificate_revoked", "is revoked; install another one on the server"),
    62: (
        "hostname_mismatch",
        "is not valid for this name; set server to the name in the certificate, or renew the certificate",
    ),
    64: (
        "hostname_mismatch",
        "is not valid for this address; set server to the name in the certificate, or renew the certificate",
    ),
    # facts §11: Python 3.13 sets VERIFY_X509_STRICT, which demands this extension. Samba's own certificate lacks it.
    85: (
        "missing_authority_key_identifier",
        "has no Authority Key Identifier, which Python 3.13 and newer require; install a certificate with standard "
        "extensions on the server (the certificate that Samba creates lacks it)",
    ),
}
_UNKNOWN_CA = (18, 19, 20, 21)


def tls_error(error: ssl.SSLError, server: str, port: int) -> LdapError:
    """Return the error for a failed TLS handshake, by OpenSSL's verification code; Unreachable if there is no code."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(
            f"{server}:{port} does not speak TLS as expected ({error.reason or 'handshake failed'}); check port and "
            "tls_mode.",
            "tls_failed",
        )
    code = error.verify_code
    if code in _UNKNOWN_CA:
        return LdapError(
            f"The certificate of {server}:{port} comes from an authority that is not trusted. Set ca_cert to the "
            "certificate of the CA.",
            "unknown_ca",
        )
    cause, text = _CERTIFICATE.get(code, ("certificate_invalid", f"was refused ({error.verify_message}); renew it"))
    return LdapError(f"The certificate of {server}:{port} {text}.", cause)


def _diagnostic(result: Mapping[str, Any]) -> str:
    """Return the server's own text on one line, at most 300 characters, for codes that do not explain the error."""
    return visible(" ".join(str(result.get("message") or "").replace("\0", " ").split()), 300).rstrip(".")
