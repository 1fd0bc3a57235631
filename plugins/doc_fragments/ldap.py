# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_module/argspec.py``'s ``ldap_options``."""

    DOCUMENTATION = r"""
options:
  server:
    description:
      - Host name or address of a domain controller, or of several domain controllers in the order in which to try them.
      - The whole task uses the first one that answers.
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_SERVER) is used
        instead (several names separated by commas).
    type: list
    elements: str
  port:
    description:
      - Port to connect to.
      - Defaults to V(636) for O(tls_mode=ldaps) and to V(389) for O(tls_mode=start_tls).
      - V(3268) and V(3269) are refused. They are the ports of a global catalog, which by default lacks C(mS-DS-ConsistencyGuid) and
        C(proxyAddresses), and does not accept writes.
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_PORT) is used instead.
    type: int
  tls_mode:
    description:
      - How the connection is protected. There is no mode without TLS.
      - V(ldaps) uses TLS from the start of the connection. V(start_tls) enables TLS before secrets are sent.
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_TLS_MODE) is used instead.
    type: str
    choices: [ldaps, start_tls]
    default: ldaps
  ca_cert:
    description:
      - Path of a PEM file with the certificate authorities to trust. Without this option, the certificate authorities that the system
        trusts are used.
      - The file must belong to the user who runs the task or to root, and others must not be able to write to it. It can be a link.
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_CA_CERT) is used instead.
    type: path
  cert_validation:
    description:
      - V(always) checks that the certificate is trusted and valid for O(server).
      - V(ignore_hostname) checks only that the certificate is trusted. V(ignore) checks nothing, so an attacker on the network can read and
        change everything. With V(ignore), a task that only reads shows a warning, and a task that writes fails, also in check mode.
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_CERT_VALIDATION) is used
        instead.
    type: str
    choices: [always, ignore_hostname, ignore]
    default: always
  auth_protocol:
    description:
      - How to sign in.
      - V(simple) sends O(username), as a UPN, as C(DOMAIN\name) or as a distinguished name, and O(password), inside TLS.
      - V(kerberos) uses a ticket from the credential cache (C(kinit)), or gets one with O(username) and O(password). It needs the Python
        library C(gssapi). O(server) must be the name in the domain controller's service principal.
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_AUTH_PROTOCOL) is used
        instead.
    type: str
    choices: [simple, kerberos]
    default: simple
  username:
    description:
      - The account to sign in with.
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_USERNAME) is used instead.
    type: str
  password:
    description:
      - The password of O(username).
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_PASSWORD) is used instead.
    type: str
  connection_timeout:
    description:
      - Seconds to wait for a server to accept the connection, before the next one is tried.
      - If the value is not specified in the task, the value of environment variable E(MICROSOFT_AD_LDAP_CONNECTION_TIMEOUT) is used
        instead.
    type: int
    default: 5
requirements:
  - Python 3.11 or newer on the host that runs the module, usually the controller
  - ldap3 >= 2.9.1, < 2.10
  - gssapi, for O(auth_protocol=kerberos)
notes:
  - The module runs on the controller (C(delegate_to=localhost), or a play on V(localhost)) and connects to the domain controller with LDAP.
    Nothing is installed there.
"""
