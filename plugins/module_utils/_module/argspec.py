# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specification of the options that modules share; doc_fragments describes them."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback

from .._identity.core.scope.exclusions import GROUPS, UNITS, USERS
from .guarded_files import INPUT, INPUT_BY_NAME, read_file

OptionSpec = dict[str, Any]


def _option(env: tuple[str, ...], **spec: Any) -> OptionSpec:
    return {"fallback": (env_fallback, list(env)), **spec}


def ldap_options() -> dict[str, OptionSpec]:
    """Return the options for LDAP, with the names and environment variables of microsoft.ad."""
    specs: dict[str, OptionSpec] = {
        "server": {"type": "list", "elements": "str"},
        "port": {"type": "int"},
        "tls_mode": {"type": "str", "choices": ["ldaps", "start_tls"], "default": "ldaps"},
        "ca_cert": {"type": "path"},
        "cert_validation": {"type": "str", "choices": ["always", "ignore_hostname", "ignore"], "default": "always"},
        "auth_protocol": {"type": "str", "choices": ["simple", "kerberos"], "default": "simple"},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "connection_timeout": {"type": "int", "default": 5},
    }
    return {name: _option((f"MICROSOFT_AD_LDAP_{name.upper()}",), **spec) for name, spec in specs.items()}


def graph_options() -> dict[str, OptionSpec]:
    """Return the options for Microsoft Graph, with the names and variables of azure.azcollection if it has them."""
    return {
        "auth_source": _option(
            ("ANSIBLE_AZURE_AUTH_SOURCE",),
            type="str",
            choices=["auto", "env", "client_secret", "client_certificate", "oidc", "cli", "msi"],
            default="auto",
        ),
        "tenant": _option(("AZURE_TENANT", "AZURE_TENANT_ID"), type="str"),
        "client_id": _option(("AZURE_CLIENT_ID",), type="str"),
        "secret": _option(("AZURE_SECRET", "AZURE_CLIENT_SECRET"), type="str", no_log=True),
        "x509_certificate_path": _option(("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"), type="path"),
        "certificate_password": _option(("AZURE_CLIENT_CERTIFICATE_PASSWORD",), type="str", no_log=True),
        "oidc_token": _option(("AZURE_FEDERATED_TOKEN",), type="str", no_log=True),
        "oidc_token_file_path": _option(("AZURE_FEDERATED_TOKEN_FILE",), type="path", no_log=False),
        "cloud_environment": _option(
            ("AZURE_CLOUD_ENVIRONMENT",),
            type="str",
            choices=["AzureCloud", "AzureUSGovernment", "AzureUSGovernmentDoD", "AzureChinaCloud"],
            default="AzureCloud",
        ),
        "authority": _option(("AZURE_AUTHORITY_HOST",), type="str"),
        "graph_url": _option(("HYBRID_IDENTITY_GRAPH_URL",), type="str"),
        "graph_ca_cert": _option(("HYBRID_IDENTITY_GRAPH_CA_CERT",), type="path"),
        "disable_instance_discovery": _option(("AZURE_DISABLE_INSTANCE_DISCOVERY",), type="bool", default=False),
        "timeout": _option(("HYBRID_IDENTITY_GRAPH_TIMEOUT",), type="int", default=60),
        "concurrency": _option(("HYBRID_IDENTITY_GRAPH_CONCURRENCY",), type="int", default=4),
        # Used only by the action plugin, which shows the progress (plugin_utils/progress.py).
        "progress_interval": _option(("HYBRID_IDENTITY_PROGRESS_INTERVAL",), type="int", default=5),
        "max_wait": _option(("HYBRID_IDENTITY_GRAPH_MAX_WAIT",), type="int", default=300),
    }


def journal_options() -> dict[str, OptionSpec]:
    """Return the options for the journal."""
    return {"journal": {"type": "path"}, "journal_run": {"type": "str"}, "note": {"type": "str"}}


def deleted_holders_option() -> OptionSpec:
    """Return the option that names users in the recycle bin to restore or purge."""
    ids = {"type": "list", "elements": "str", "default": []}
    return {"type": "dict", "options": {"restore": dict(ids), "purge": dict(ids)}, "default": {}}


def scope_option(*, required: bool = False, filtering: bool = False) -> OptionSpec:
    """Return the option that names the AD users whom a task is about; with ``filtering``, also those of a server."""
    texts = {"type": "list", "elements": "str"}
    search = ("upn_suffixes", "search_base")
    entry = {
        "type": "list",
        "elements": "dict",
        "options": {
            "connector": {"type": "str"},
            "partition": {"type": "str", "required": True},
            "included": {**texts, "default": []},
            "excluded": {**texts, "default": []},
            "group": {"type": "str"},
        },
    }
    alone = ("users", "group", *(["filtering"] if filtering else []), "all")
    return {
        "type": "dict",
        "required": required,
        "options": {
            "users": dict(texts),
            "upn_suffixes": dict(texts),
            "search_base": {"type": "str"},
            "search_filter": {"type": "str"},
            "group": {"type": "str"},
            **({"filtering": entry} if filtering else {}),
            "all": {"type": "bool"},
        },
        "required_one_of": [(*alone, *search)],
        "mutually_exclusive": [(*alone, name) for name in search],
        "required_by": {"search_filter": "search_base"},
    }


def exclude_option() -> OptionSpec:
    """Return the option that names users who are never touched."""
    texts = {"type": "list", "elements": "str"}
    return {"type": "dict", "options": {key: dict(texts) for key in (USERS, GROUPS, UNITS)}, "default": {}}


def connection(params: dict[str, Any], options: dict[str, OptionSpec]) -> dict[str, Any]:
    """Return the values of connection options, with ``read_file``, which reads the files that they name.

    ``read_file`` takes the name of an option and a path, and raises InputError for a file that others may change.
    """
    return {**pick(params, options), "read_file": _read_file}


def _read_file(option: str, path: str) -> bytes:
    # azure-identity reads it once more (_graph/http/credential/base.py).
    return read_file(option, path, INPUT_BY_NAME if option == "graph_ca_cert" else INPUT)


def pick(params: dict[str, Any], options: dict[str, OptionSpec]) -> dict[str, Any]:
    """Return the values of only these options."""
    return {name: params[name] for name in options}
