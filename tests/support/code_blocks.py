# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The code blocks of a page, so that tests run what people copy."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHELL = ("bash", "shell", "sh")


class Page:
    """A page of the documentation, by its path in the repository."""

    def __init__(self, path: str) -> None:
        self.text = (ROOT / path).read_text("utf-8")

    def section(self, heading: str) -> str:
        """Return what follows a heading, up to the next one of the same or a higher level."""
        assert self.text.count(f"\n{heading}\n") == 1, heading
        level = len(heading.partition(" ")[0])
        # "# …" may be a comment in a code block, so headings of the first level do not count.
        return re.split(rf"(?m)^#{{2,{level}}} ", self.text.partition(f"\n{heading}\n")[2], maxsplit=1)[0]

    def blocks(self, *languages: str, heading: str | None = None) -> list[str]:
        """Return the code blocks in these languages, of the page or of one section."""
        return blocks(self.section(heading) if heading else self.text, *languages)

    def block(self, containing: str, *languages: str) -> str:
        """Return the one block that contains a text."""
        found = [each for each in self.blocks(*languages) if containing in each]
        assert len(found) == 1, f"{len(found)} blocks contain {containing!r}"
        return found[0]


def blocks(text: str, *languages: str) -> list[str]:
    """Return the code blocks of a text in these languages."""
    found = re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", text)
    return [content for language, content in found if language in languages]


def commands(block: str) -> list[str]:
    """Return the commands of a shell block without comments. One that goes on in the next line is one command."""
    lines = block.replace("\\\n", " ").splitlines()
    return [line for line in (re.sub(r"(^|\s)#.*", "", each).rstrip() for each in lines) if line]
