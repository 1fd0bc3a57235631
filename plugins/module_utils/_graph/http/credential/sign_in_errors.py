# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the sign-in, by their AADSTS code (Microsoft: "Microsoft Entra authentication error codes")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..clouds import CLOUDS
from ..connection_errors import chain, connection_error, failed_host
from ..errors import APP_NOT_IN_TENANT, GraphError

_CODE = re.compile(r"AADSTS(\d+)")
_TRACE = re.compile(r"Trace ID:\s*([0-9a-fA-F-]{36})")

_MICROSOFT = {urlsplit(cloud.authority).hostname for cloud in CLOUDS.values()}
"""Microsoft's own hosts for sign-ins, one of which is asked about other authorities."""

_NETWORK = ("ServiceRequest", "ServiceResponse", "IncompleteRead")
"""The beginnings of the names of azure-core's exceptions for a service that does not answer."""

_SENTENCES = {
    "7000215": (
        "invalid_secret",
        "The client secret of app {client_id} is wrong. Use the value of the secret, not its id, or create a new "
        "secret.",
    ),
    "7000222": (
        "expired_secret",
        "The client secret of app {client_id} has expired; create a new one in the app registration.",
    ),
    "700016": (
        "unknown_app",
        "Tenant {tenant} has no app {client_id}. Check client_id, and check that the app is registered in the tenant "
        "or has consent there.",
    ),
    "7000229": (
        APP_NOT_IN_TENANT,
        "App {client_id} has no service principal in tenant {tenant}, or it was created only minutes ago. Give admin "
        "consent to the app in that tenant, wait a few minutes, and run the task again.",
    ),
    "65001": (
        APP_NOT_IN_TENANT,
        "App {client_id} has no consent in tenant {tenant}, or got it only minutes ago. Give admin consent to the app "
        "in that tenant, wait a few minutes, and run the task again.",
    ),
    "7000112": ("disabled_app", "App {client_id} is disabled in tenant {tenant}; enable its service principal."),
    "90002": (
        "unknown_tenant",
        "There is no tenant {tenant}. Check tenant, and check that cloud_environment is the cloud of the tenant.",
    ),
    "900023": (
        "unknown_tenant",
        "{tenant} is neither a tenant id nor a domain. Use the id of the tenant or one of its domains.",
    ),
    "700027": (
        "certificate_rejected",
        "App {client_id} does not know the certificate in x509_certificate_path, or the certificate has expired. "
        "Upload the public part of the certificate to the app registration.",
    ),
    "700024": (
        "assertion_expired",
        "The signed assertion is not valid yet or has expired. Correct this machine's clock, or use a new oidc_token.",
    ),
    "700211": (
        "federation_rejected",
        "App {client_id} has no federated credential for the issuer of the OIDC token; add one.",
    ),
    "700213": (
        "federation_rejected",
        "App {client_id} has no federated credential for the subject of the OIDC token; add one.",
    ),
    "70021": ("federation_rejected", "App {client_id} has no federated credential that fits the OIDC token; add one."),
    "53003": (
        "conditional_access",
        "A Conditional Access policy of tenant {tenant} blocks the sign-in of app {client_id}. Exclude the app "
        "from the policy, or meet its conditions.",
    ),
    "500011": (
        "unknown_graph",
        "Tenant {tenant} does not know the Graph endpoint in graph_url. Check that it belongs to cloud_environment.",
    ),
}


def sign_in_error(error: BaseException, options: Mapping[str, Any], authority: str) -> GraphError:
    """Return the exception for an error that azure-identity raised when it requested a token.

    The service's code and trace id are taken from the texts of the error and of the exceptions that it wraps. The texts
    themselves are not shown, because they may contain anything.
    """
    links = list(chain(error))
    text = " ".join(map(str, links))
    code = _CODE.search(text)
    trace = _TRACE.search(text)
    ungiven = f"(from auth_source {options['auth_source']})"
    names = {name: options.get(name) or ungiven for name in ("tenant", "client_id")}
    facts = {"error_code": code.group(0) if code else None, "request_id": trace.group(1) if trace else None}
    if code and code.group(1) in _SENTENCES:
        cause, sentence = _SENTENCES[code.group(1)]
        return GraphError(cause, f"{sentence.format(**names)} ({code.group(0)})", **facts)
    if code:
        return GraphError(
            "sign_in_refused",
            f"Sign-in to tenant {names['tenant']} was refused with {code.group(0)}; see "
            f"https://login.microsoftonline.com/error?code={code.group(1)} for the meaning.",
            **facts,
        )
    kind = type(error).__name__
    if kind == "CredentialUnavailableError":
        return _unavailable(options)
    if any(isinstance(link, OSError) or type(link).__name__.startswith(_NETWORK) for link in links):
        return _unreachable(error, authority, options["timeout"])
    # tests/upstream/test_azure_identity.py::test_an_unknown_authority_is_known_by_its_text_alone
    if "instance discovery" in text.lower() or "not well-known" in text.lower() or "instance_discovery" in text:
        return GraphError(
            "unknown_authority",
            f"{authority} is not one of Microsoft's sign-in endpoints; if it belongs to a private cloud, set "
            "disable_instance_discovery to true.",
        )
    return GraphError(
        "sign_in_failed",
        f"Sign-in at {authority} failed ({kind}); check authority, tenant and auth_source.",
    )


def _unreachable(error: BaseException, authority: str, timeout: float) -> GraphError:
    """Return the exception for a failed connection to the authority, or to Microsoft's list of authorities.

    The sign-in first asks Microsoft about an authority that is not one of Microsoft's own, unless
    ``disable_instance_discovery`` is true.
    """
    host = failed_host(error)
    if host == urlsplit(authority).hostname or host not in _MICROSOFT:
        return connection_error(error, authority, timeout)
    failed = connection_error(error, f"https://{host}", timeout)
    return GraphError(
        failed.cause,
        f"{failed.message.removesuffix('.')}, or set disable_instance_discovery to true if {authority} belongs to a "
        "private cloud.",
    )


def _unavailable(options: Mapping[str, Any]) -> GraphError:
    if options["auth_source"] == "cli":
        return GraphError(
            "not_signed_in", "The Azure CLI is not installed or nobody is signed in to it; run `az login` as this user."
        )
    return GraphError(
        "no_managed_identity",
        "This machine has no working managed identity. Assign one, or choose another auth_source.",
    )
