# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find phrases that are not plain English, in documentation and in what users read of the code.

Users read this collection's text without knowing it, and many do not speak English as their first language. PHRASES has
what was written here before, with better wordings. A phrase is found in any case, also if it goes on in the next line,
in the next string of a sentence, or in the next line of a comment.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = (".md", ".yml", ".py", ".ps1", ".psm1", ".j2")
# Users read no tests.
TESTS = "tests/"

PHRASES: Mapping[str, str] = {
    # Order: what it says of a run, of users, of passwords and permissions, of servers; then words and idioms.
    "is run only where": "runs only if",
    "only where it is named": "only if you list it",
    "only if it is named": "only if you list it",
    "where that is asked for": "if you request it",
    "where it is asked for": "if you request it",
    "unless it is asked for": "unless you request it",
    "ends well": "finishes without errors",
    "ended well": "finished without errors",
    "went well": "had no errors",
    "in every ending": "always",
    "whatever comes of it": "always",
    "takes up what is half written": "runs between the writes",
    "what is half written": "changes that are only half written",
    "perhaps sent": "the request might have been sent",
    "a sync would do with 3 of 40 users what is not allowed": "3 of 40 users have outcomes that you don't allow",
    "would take it and stamp": "would match this user and set its ImmutableId",
    "takes them up": "processes them",
    "who cannot be taken": "if one account can't be created",
    "users cannot be taken": "users cannot be used",
    "are not meant": "are skipped, because you didn't name them",
    "nobody is meant": "no users are selected",
    "if that is meant": "if you intend this",
    "unless it is meant": "unless you intend this",
    "what nobody wants": "(say which result it gives)",
    "stays as they are": "is not changed",
    "stay as they are": "are not changed",
    "who was synchronised since": "after the first sync",
    "names nobody": "identifies no user",
    "stands against it": "prevents it",
    "stands in the way": "prevents it",
    "not there any more": "no longer exists",
    "is there already": "already exists",
    "takes it back": "undoes it",
    "is put back to what it was": "is restored",
    "travel along": "are returned unchanged",
    "replaces the cloud password by": "the AD password replaces the cloud password",
    "replaces the cloud passwords by": "the AD passwords replace the cloud passwords",
    "replace the cloud password by": "the AD password replaces the cloud password",
    "replace the cloud passwords by": "the AD passwords replace the cloud passwords",
    "out of the cloud there and then": "the user can no longer sign in",
    "there and then": "immediately",
    "what the app may not read it cannot": "if a permission is missing, affected results are unknown",
    "what it may not read it cannot": "if a permission is missing, affected results are unknown",
    "that hang on it": "that need it",
    "that hang on": "that need",
    "takes the role away": "removes the role",
    "take the role away": "remove the role",
    "takes the ownership away": "removes the ownership",
    "takes the eligibility away": "removes the eligibility",
    "hands it out": "gives it to the users",
    "hand them out": "give them to the users",
    "lays it down": "installs it",
    "lay it down": "install it",
    "lays Entra Connect down": "installs Entra Connect",
    "gone through the wizard": "completed the wizard",
    "goes through the wizard": "completes the wizard",
    "go through the wizard": "complete the wizard",
    "asks a person to sign in": "needs a person to sign in",
    "only stages": "is in staging mode",
    "waits for it rightly": "waits until it has ended",
    "rightly": "(say what it does)",
    "says nothing of it": "does not document this",
    "says what it sees amiss": "reports problems",
    "amiss": "wrong",
    "nobody can tell": "it is unknown",
    "nobody knows": "it is unknown",
    "what became of": "what happened to, or the result of",
    "what becomes of": "what happens to",
    "where there is none": "if there is none",
    "is no country": "is not a country",
    "is no distinguished name": "is not a distinguished name",
    "is no domain controller": "is not a domain controller",
    "is no file": "is not a file",
    "is no GUID": "is not a GUID",
    "is no journal": "is not a journal",
    "is no number": "is not a number",
    "is no object id": "is not an object id",
    "is no plan": "is not a plan",
    "is no proof": "is not a proof",
    "is no record": "is not a record",
    "is no server": "is not a server",
    "is no text": "is not a text",
    "is no user": "is not a user",
    "is no verified domain": "is not a verified domain",
}


class Finding(NamedTuple):
    line: int
    phrase: str
    better: str


class Word(NamedTuple):
    """``is_last``: whether punctuation follows, so that no phrase goes on after the word."""

    text: str
    line: int
    is_last: bool


# Around a word may be the marks of Markdown, YAML, comments and strings, such as the f of an f-string.
_TOKEN = re.compile(r"""(?:[rbf]{1,2}(?=["']))?[\W_]*(.*?)([\W_]*)""", re.DOTALL)
_PUNCTUATION = frozenset(".,;:!?")


def words(text: str) -> list[Word]:
    """Return the words of a text in lower case."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for token in line.split():
            read = _TOKEN.fullmatch(token)
            if read and read[1]:
                found.append(Word(read[1].lower(), number, not _PUNCTUATION.isdisjoint(read[2])))
    return found


def check(text: str, phrases: Mapping[str, str]) -> Iterator[Finding]:
    """Find the phrases in a text. Of those that overlap, only the first one is found, or the longest of several."""
    by_first: dict[str, list[tuple[list[str], str]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        parts = phrase.lower().split()
        by_first.setdefault(parts[0], []).append((parts, phrase))
    read = words(text)
    position = 0
    while position < len(read):
        length = 1
        for parts, phrase in by_first.get(read[position].text, ()):
            there = read[position : position + len(parts)]
            if [each.text for each in there] == parts and not any(each.is_last for each in there[:-1]):
                yield Finding(read[position].line, phrase, phrases[phrase])
                length = len(parts)
                break
        position += length


def tracked(root: Path = ROOT) -> list[str]:
    """Return the tracked files that are checked, as paths from the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name.endswith(SUFFIXES) and not name.startswith(TESTS)]


def report(names: Iterable[str], root: Path = ROOT) -> list[str]:
    """Return a line for each finding in these files."""
    return [
        f"{name}:{line}: {phrase!r}; better: {better!r}"
        for name in names
        if (root / name).is_file()
        for line, phrase, better in check((root / name).read_text(encoding="utf-8"), PHRASES)
    ]


def main() -> int:
    names = tracked()
    found = report(names)
    print(
        "\n".join([*found, f"{len(found)} phrases to replace."] if found else [f"{len(names)} files in plain English."])
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
