# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries that modules import, for processes that load them once and fork for each module."""

from __future__ import annotations

LIBRARIES = (
    "anyio._backends._asyncio",
    "azure.core.pipeline.transport._requests_basic",
    "azure.core.rest._requests_basic",
    "azure.identity",
    "concurrent.futures.thread",
    "kiota_abstractions.native_response_handler",
    "kiota_authentication_azure.azure_identity_authentication_provider",
    "kiota_http.middleware.options",
    "ldap3",
    "msal_extensions",
    "msgraph.generated.directory.deleted_items.graph_user.graph_user_request_builder",
    "msgraph.generated.role_management.directory.directory_request_builder",
    "msgraph.generated.users.count.count_request_builder",
    "msgraph.generated.users.users_request_builder",
    "msgraph.graph_request_adapter",
    "msgraph_core",
    "pycountry",
)
