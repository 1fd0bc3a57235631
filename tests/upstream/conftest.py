# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mark of the tests that run with the oldest ansible-core, and a play."""

from __future__ import annotations

from pathlib import Path

import pytest
from plays import Play


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "oldest: only the oldest ansible-core behaves so; runs in upstream-oldest")


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(tmp_path)
