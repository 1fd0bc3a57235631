# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts that tests make: a unit of their own in AD, plain users in it, and people who are only in the cloud."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outside import Directory
from support.polling import PATIENCE

SUFFIX = "crowd.contoso.com"


@contextmanager
def unit(directory: Directory, name: str) -> Iterator[str]:
    """The DN of a new organizational unit, which is gone afterwards with all that is in it."""
    path = directory.add_unit(f"OU={name}")
    try:
        yield path
    finally:
        directory.delete_tree(f"OU={name}")


@contextmanager
def bulk_users(state: Path, directory: Directory, count: int) -> Iterator[None]:
    """So many plain users in AD, in a unit that is gone afterwards."""
    tests = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "lab.dc.directory", str(state), "--users", str(count)]
    try:
        subprocess.run(command, cwd=tests, check=True, timeout=PATIENCE, capture_output=True)
        yield
    finally:
        directory.delete_tree("OU=Bulk")


def crowd(count: int) -> list[dict[str, Any]]:
    """Cloud users, as the emulator takes them."""
    return [
        {
            "userPrincipalName": f"person{number:03d}@{SUFFIX}",
            "displayName": f"Person {number:03d}",
            "givenName": "Person",
            "surname": f"{number:03d}",
            "mail": f"person{number:03d}@{SUFFIX}",
            "department": "Sales",
            "country": "Germany",
        }
        for number in range(1, count + 1)
    ]


def given_passwords(folder: Path, passwords: dict[str, str]) -> str:
    """Write a file of given passwords, by user principal name, and return its path."""
    path = folder / "given.csv"
    path.touch(0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("user_principal_name", "password"), *passwords.items()])
    return str(path)


def choices(path: str, folder: Path, **more: Any) -> dict[str, Any]:
    """Variables of the role for the crowd."""
    return {
        "hybrid_identity_domains": [SUFFIX],
        "accounts_scope": {"all": True},
        "accounts_path": path,
        "accounts_password": "random",
        "accounts_password_file": str(folder / "passwords"),
        "accounts_password_hash_sync": False,
        **more,
    }
