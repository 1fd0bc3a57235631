# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ways to sign in have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._graph.clouds import Endpoints
from ansible_collections.hybrid.identity.plugins.module_utils._identity.errors import InputError

_SIGN_IN_RETRIES = 3


class SignIn(ABC):
    """One way to get an access token.

    ``options`` are the values of ``argspec.graph_options``. :meth:`validate` asks nobody; :meth:`build` gives an
    azure-identity credential, which asks only once a token is wanted.
    """

    required: tuple[str, ...] = ()

    def __init__(self, options: Mapping[str, Any], endpoints: Endpoints) -> None:
        self.options = options
        self.endpoints = endpoints

    def validate(self) -> None:
        """:raises InputError: naming the options that this way needs and were not given."""
        missing = [name for name in self.required if not self.options.get(name)]
        if missing:
            raise InputError(
                f"auth_source {self.name()} needs {' and '.join(missing)}; set them in the task, in "
                "module_defaults, or in the environment."
            )

    @abstractmethod
    def name(self) -> str:
        """The choice of ``auth_source`` that means this way."""

    @abstractmethod
    def build(self) -> Any:
        """:raises InputError: where a file that holds the credential cannot be used."""

    def network(self) -> dict[str, Any]:
        """Keyword arguments of azure-identity's credentials for where and how to connect."""
        arguments: dict[str, Any] = {
            "authority": self.endpoints.authority,
            "disable_instance_discovery": self.options["disable_instance_discovery"],
            "connection_timeout": self.options["timeout"],
            "read_timeout": self.options["timeout"],
            # azure-core would try four times, each for the whole timeout, before it says that a host cannot be reached:
            # tests/upstream/test_azure_identity.py::test_a_host_that_cannot_be_reached_is_tried_again_and_again
            "retry_total": _SIGN_IN_RETRIES,
            "retry_connect": 1,
        }
        if self.options.get("ca_cert"):
            arguments["connection_verify"] = self.options["ca_cert"]
        return arguments
