# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an upstream test says that a library behaves better now, and what can go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


def gone(news: str, where: str) -> str:
    """The message of a test that fails: what the library does now, and which workaround is not needed any more."""
    return f"{news} Remove the workaround in {where}, the comment that names this test, and this test."


@contextmanager
def still_raises(*kinds: type[BaseException], news: str, where: str) -> Iterator[None]:
    """Expect one of ``kinds``, by its exact class. Nothing raised means that the library behaves better now."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - what else is raised is what the test has to report
        if type(error) in kinds:
            return
        pytest.fail(f"It raised {type(error).__name__}: {error}. Find out whether the workaround in {where} fits that.")
    pytest.fail(gone(news, where))
