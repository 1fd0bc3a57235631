# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain is made only if somebody asks for it, and if DNS knows no other domain controller of that name."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.role_cases import include_roles

PROGRAM = Path(__file__).parents[3] / "roles" / "ad_domain" / "files" / "samba_inspect.py"
OTHER = "192.0.2.11"
CASES: dict[str, dict[str, Any]] = {
    "nobody asked for it": {"ad_domain_create": False},
    "another one": {"ad_domain_create": True, "__ad_domain_others": [OTHER]},
    "first": {"ad_domain_create": True},
    "no answer": {"ad_domain_create": True, "__ad_domain_dns_answers": False},
}


@pytest.fixture
def inspect() -> ModuleType:
    spec = importlib.util.spec_from_file_location("samba_inspect", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([OTHER], [OTHER]),
        # The host itself, in a run that was interrupted.
        (["127.0.0.1"], []),
        (["127.0.0.1", OTHER, OTHER], [OTHER]),
        (socket.EAI_NONAME, []),
        (socket.EAI_NODATA, []),
        (socket.EAI_AGAIN, None),
        (socket.EAI_FAIL, None),
    ],
)
def test_what_dns_says(
    inspect: ModuleType, monkeypatch: pytest.MonkeyPatch, found: list[str] | int, expected: list[str] | None
) -> None:
    asked: list[str] = []

    def resolve(name: str, *_args: Any, **_kwargs: Any) -> list[Any]:
        asked.append(name)
        if isinstance(found, int):
            raise socket.gaierror(found, "-")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (address, 0)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert inspect.domain_controllers("ad.contoso.com") == expected
    # With a dot at its end, so that no search domain is added.
    assert asked == ["gc._msdcs.ad.contoso.com."]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By case, why the domain may not be made; empty if it may."""
    folder = tmp_path_factory.mktemp("create")
    known = {"__ad_domain_dns_name": "ad.contoso.com", "__ad_domain_others": [], "__ad_domain_dns_answers": True}
    include = {"name": "hybrid.identity.ad_domain", "tasks_from": "create", "rolespec_validate": False}
    found, output = include_roles(((include, {**known, **given}) for given in CASES.values()), folder)
    messages = {name: message for name, (_task, message) in zip(CASES, found, strict=True)}
    return {**messages, "output": " ".join(output.split())}


def test_nobody_makes_a_domain_by_accident(said: dict[str, str]) -> None:
    assert "ad_domain_create is false. To create ad.contoso.com on it" in said["nobody asked for it"]


def test_nobody_makes_a_second_forest_of_the_same_name(said: dict[str, str]) -> None:
    assert f"DNS knows domain controllers of ad.contoso.com ({OTHER})" in said["another one"]


def test_the_first_domain_controller_is_made(said: dict[str, str]) -> None:
    assert (said["first"], said["no answer"]) == ("", "")
    assert said["output"].count("DNS did not answer this host") == 1
