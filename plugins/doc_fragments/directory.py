# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The option ``directory`` of modules for Entra ID: the options of ``_module/argspec.py``'s ``ldap_options``.

    Each module describes what it does with it.
    """

    DOCUMENTATION = r"""
options:
  directory:
    type: dict
    suboptions:
      server:
        description: Domain controllers, in the order in which they are tried.
        type: list
        elements: str
      port:
        description: The port.
        type: int
      tls_mode:
        description: How the connection is encrypted.
        type: str
        choices: [ldaps, start_tls]
        default: ldaps
      ca_cert:
        description: PEM file of the authority that signed the server's certificate.
        type: path
      cert_validation:
        description: What is checked of the server's certificate.
        type: str
        choices: [always, ignore_hostname, ignore]
        default: always
      auth_protocol:
        description: How to sign in.
        type: str
        choices: [simple, kerberos]
        default: simple
      username:
        description: Who signs in.
        type: str
      password:
        description: The password.
        type: str
      connection_timeout:
        description: Seconds to wait for a connection.
        type: int
        default: 5
"""
