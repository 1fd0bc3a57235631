# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_module/argspec.py``'s ``graph_options``."""

    DOCUMENTATION = r"""
options:
  auth_source:
    description:
      - The source of the access token.
      - V(auto) uses O(secret), O(x509_certificate_path), or O(oidc_token) and O(oidc_token_file_path), whichever is set, in this order.
        V(env) means the same, so that you can use one setting for azure.azcollection too.
      - V(cli) uses the account that is signed in to the Azure CLI. V(msi) uses the managed identity of the machine.
      - If the value is not specified in the task, the value of environment variable E(ANSIBLE_AZURE_AUTH_SOURCE) is used instead.
    type: str
    choices: [auto, env, client_secret, client_certificate, oidc, cli, msi]
    default: auto
  tenant:
    description:
      - The tenant, as its id or as one of its domains.
      - If the value is not specified in the task, the value of environment variable E(AZURE_TENANT), or else E(AZURE_TENANT_ID), is
        used instead.
    type: str
  client_id:
    description:
      - The application (client) id of the app registration, or of the user-assigned identity for O(auth_source=msi).
      - If the value is not specified in the task, the value of environment variable E(AZURE_CLIENT_ID) is used instead.
    type: str
  secret:
    description:
      - The client secret of the app registration.
      - If the value is not specified in the task, the value of environment variable E(AZURE_SECRET), or else E(AZURE_CLIENT_SECRET),
        is used instead.
    type: str
  x509_certificate_path:
    description:
      - Path of a PEM file with the private key and the certificate of the app registration, or of a PKCS12 file.
      - The file must belong to the user who runs the task or to root, and others must not be able to write to it. It can be a link.
      - If the value is not specified in the task, the value of environment variable E(AZURE_X509_CERTIFICATE_PATH), or else
        E(AZURE_CLIENT_CERTIFICATE_PATH), is used instead.
    type: path
  certificate_password:
    description:
      - The password of the private key in O(x509_certificate_path), if it has one.
      - If the value is not specified in the task, the value of environment variable E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used
        instead.
    type: str
  oidc_token:
    description:
      - A token of a CI system that the app registration trusts (workload identity federation).
      - If the value is not specified in the task, the value of environment variable E(AZURE_FEDERATED_TOKEN) is used instead.
    type: str
  oidc_token_file_path:
    description:
      - Path of a file with such a token. The module reads the file again each time it needs an access token.
      - The file must belong to the user who runs the task or to root, and others must not be able to write to it. It can be a link.
      - If the value is not specified in the task, the value of environment variable E(AZURE_FEDERATED_TOKEN_FILE) is used instead.
    type: path
  cloud_environment:
    description:
      - The national cloud, which sets the defaults of O(authority) and O(graph_url).
      - If the value is not specified in the task, the value of environment variable E(AZURE_CLOUD_ENVIRONMENT) is used instead.
    type: str
    choices: [AzureCloud, AzureUSGovernment, AzureUSGovernmentDoD, AzureChinaCloud]
    default: AzureCloud
  authority:
    description:
      - The sign-in endpoint, such as V(https://login.microsoftonline.com). It must be https.
      - If the value is not specified in the task, the value of environment variable E(AZURE_AUTHORITY_HOST) is used instead.
    type: str
  graph_url:
    description:
      - The Graph endpoint without a version, such as V(https://graph.microsoft.com). It must be https.
      - If the value is not specified in the task, the value of environment variable E(HYBRID_IDENTITY_GRAPH_URL) is used instead.
    type: str
  graph_ca_cert:
    description:
      - Path of a PEM file with the certificate authorities to trust for O(authority) and O(graph_url), for example those of a proxy that
        inspects TLS. Without this option, the certificate authorities that Python trusts are used.
      - The file must belong to the user who runs the task or to root, and others must not be able to write to it. It can be a link.
      - If the value is not specified in the task, the value of environment variable E(HYBRID_IDENTITY_GRAPH_CA_CERT) is used instead.
    type: path
  disable_instance_discovery:
    description:
      - Do not ask Microsoft whether O(authority) is one of its endpoints. Use it for private clouds.
      - If the value is not specified in the task, the value of environment variable E(AZURE_DISABLE_INSTANCE_DISCOVERY) is used
        instead.
    type: bool
    default: false
  timeout:
    description:
      - Seconds to wait for one answer of the service.
      - If the value is not specified in the task, the value of environment variable E(HYBRID_IDENTITY_GRAPH_TIMEOUT) is used instead.
    type: int
    default: 60
  concurrency:
    description:
      - The maximum number of requests at the same time. Each request can contain 20 users.
      - The module sends fewer requests if the service reports that one of its limits is almost reached. With the default, the module needs
        about 12 seconds to write as much as Microsoft allows in 2 minutes and 30 seconds, so a higher value is not faster.
      - If the value is not specified in the task, the value of environment variable E(HYBRID_IDENTITY_GRAPH_CONCURRENCY) is used
        instead.
    type: int
    default: 4
  max_wait:
    description:
      - The task stops after this number of seconds without progress. It reports what was not done. Run the task again to do the rest.
      - Microsoft counts its limit for writes over 150 seconds, so with a lower value the task might stop although waiting would have
        helped.
      - If the tenant does not know the app yet, the module tries again once after a minute, unless the value is lower.
      - If the value is not specified in the task, the value of environment variable E(HYBRID_IDENTITY_GRAPH_MAX_WAIT) is used instead.
    type: int
    default: 300
  progress_interval:
    description:
      - Seconds between two lines on standard error that show the progress of a long task. V(0) disables them.
      - A task shows no progress if it ends earlier, or if it runs on another host than the controller, asynchronously, or with C(no_log).
      - If the value is not specified in the task, the value of environment variable E(HYBRID_IDENTITY_PROGRESS_INTERVAL) is used
        instead.
    type: int
    default: 5
requirements:
  - Python 3.11 or newer on the host that runs the module, usually the controller
  - msgraph-sdk >= 1.20.0
  - azure-identity >= 1.17.1
"""
