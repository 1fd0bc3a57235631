# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ways to sign in have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from ...._identity.core.errors import InputError
from ..clouds import Endpoints

_SIGN_IN_RETRIES = 3


class SignIn(ABC):
    """One way to get an access token. ``options`` are those of ``argspec.connection``."""

    required: tuple[str, ...] = ()

    def __init__(self, options: Mapping[str, Any], endpoints: Endpoints) -> None:
        self.options = options
        self.endpoints = endpoints

    def validate(self) -> None:
        """Check the options without using the network.

        :raises InputError: if options are missing or wrong.
        """
        missing = [name for name in self.required if not self.options.get(name)]
        if missing:
            raise InputError(
                f"auth_source {self.name()} needs {' and '.join(missing)}; set them in the task, in "
                "module_defaults, or in the environment."
            )

    @abstractmethod
    def name(self) -> str:
        """Return the value of ``auth_source`` for this way."""

    @abstractmethod
    def build(self) -> Any:
        """Return a credential of azure-identity, which uses the network only when a token is requested.

        :raises InputError: if the file with the certificate cannot be used.
        """

    def network(self) -> dict[str, Any]:
        """Return the keyword arguments of azure-identity's credentials that say where and how to connect."""
        arguments: dict[str, Any] = {
            "authority": self.endpoints.authority,
            "disable_instance_discovery": self.options["disable_instance_discovery"],
            "connection_timeout": self.options["timeout"],
            "read_timeout": self.options["timeout"],
            # By default, azure-core tries an unreachable host four times, each for the whole timeout:
            # tests/upstream/test_azure_identity.py::test_a_host_that_cannot_be_reached_is_tried_again_and_again
            "retry_total": _SIGN_IN_RETRIES,
            "retry_connect": 1,
        }
        if self.options.get("graph_ca_cert"):
            # A path, because azure-identity takes no content. The transport checks the file before it is used, and
            # that nobody can exchange it afterwards.
            arguments["connection_verify"] = self.options["graph_ca_cert"]
        return arguments
