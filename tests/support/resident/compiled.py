# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte code of what Python loads from ZIP files, kept by the source that it was made of.

Ansible sends each module as a ZIP file of sources. Python compiles them anew each time, which takes most of the time of
a module that does little.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import zipimport
from pathlib import Path
from types import CodeType
from typing import Any


def keep_compiled(folder: Path) -> None:
    """Let this process take byte code from a folder, and put there what it had to compile.

    A traceback may name the ZIP file of the module that compiled a source first.
    """
    known: Any = zipimport  # its function is not public
    compile_source = known._compile_source

    def find_or_compile(path: str, source: bytes) -> CodeType:
        kept = folder / hashlib.sha256(source).hexdigest()
        try:
            return marshal.loads(kept.read_bytes())  # noqa: S302 - files of this process
        except FileNotFoundError:
            code: CodeType = compile_source(path, source)
        new = kept.with_name(f"{kept.name}-{os.getpid()}")
        new.write_bytes(marshal.dumps(code))
        new.rename(kept)
        return code

    known._compile_source = find_or_compile
