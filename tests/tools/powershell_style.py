# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the text of PowerShell files for what ansible-test's pslint refuses, where PSScriptAnalyzer is not at hand.

PSScriptAnalyzer with ansible-core's settings wants more than is checked here (facts §18): this finds what got past us.
Prints `path:line: sentence` for each finding. Entries of tests/sanity/ignore-*.txt excuse what they name, and one that
excuses nothing is a finding too.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from powershell_text import code_only

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = Path(__file__).with_name("powershell_commands.txt")
IGNORES = "tests/sanity/ignore-*.txt"
SUFFIXES = (".ps1", ".psm1", ".psd1")
WIDTH = 160

_FUNCTION = re.compile(r"^\s*(?:function|filter)\s+(?:(?:global|script):)?(\w+)-(\w+)", re.IGNORECASE | re.MULTILINE)
_BLOCK_IN_ARRAY = re.compile(r"@\(\s*(?:do|for|foreach|if|switch|try|while)\b", re.IGNORECASE)
_NEW = re.compile(r"::new\(", re.IGNORECASE)
_PATH = re.compile(
    r"\b((?:Clear|Get|Set|Add)-Content|(?:Clear|Copy|Get|Invoke|Move|Remove|Rename|Set)-Item|(?:Get|Remove|Set)-ItemProperty|Get-ChildItem|"
    r"(?:Convert|Resolve|Test)-Path|(?:Push|Set)-Location|Get-(?:Acl|FileHash)|Import-(?:Csv|Clixml)|Select-String)\s+"
    r"(?:(?!-LiteralPath\b)[^\n|;)}])*?(?<!\w)-Path\b",
    re.IGNORECASE,
)
# Words that end in s and are no plural, beside those in ss, us and is; and plurals that do not end in s.
_SINGULAR = {"alias", "atlas", "bias", "canvas", "gas", "lens", "windows"}
_PLURAL = {"children", "criteria", "feet", "indices", "men", "people", "vertices", "women"}


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    said: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.said}"


def built_in_commands() -> set[str]:
    """Return the names, in lower case, of the commands that come with PowerShell."""
    return {line.lower() for line in COMMANDS.read_text("utf-8").split("\n") if line and not line.startswith("#")}


def findings(path: str, text: str, built_in: set[str]) -> Iterator[Finding]:
    """Yield what is wrong with the text of a file."""
    code = code_only(text)
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > WIDTH:
            said = f"The line has {len(line)} characters; {WIDTH} are allowed."
            yield Finding(path, number, "PSAvoidLongLines", said)
    for number, rule, said in [*_layout(code), *_continued(code), *_names(code, built_in)]:
        yield Finding(path, number, rule, said)


def _layout(code: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(code.split("\n"), 1):
        if any(_stays_open(line[match.end() :]) for match in _BLOCK_IN_ARRAY.finditer(line)):
            said = "A block in @( ) goes on in the next lines: assign its statement to a variable, then use @($it)."
            yield number, "PSUseConsistentIndentation", said
        if any(_stays_open(line[match.end() :]) for match in _NEW.finditer(line)):
            said = "A call of ::new( ) goes on in the next lines: assign its arguments to variables first."
            yield number, "PSUseConsistentIndentation", said
        if _PATH.search(line):
            yield number, "PSCustomUseLiteralPath", "-Path takes wildcards: use -LiteralPath."


def _stays_open(code: str) -> bool:
    """Whether a round bracket that was opened just before the code is still open after it."""
    depth = 1
    for character in code:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth:
            return False
    return True


def _continued(code: str) -> Iterator[tuple[int, str, str]]:
    """Find lines whose indentation is none of 4 a bracket, where they go on after + or a comma."""
    depth, base, before = 0, (0, 0), ""
    for number, line in enumerate(code.split("\n"), 1):
        words = line.strip()
        if not words:
            continue
        indent = len(line) - len(line.lstrip(" "))
        closing = len(words) - len(words.lstrip(")}"))
        if before.endswith(("+", ",")) and not before.endswith("++"):
            wanted = base[0] + 4 * (depth - closing - base[1])
            if indent != wanted and not words.startswith("_"):
                said = f"The line goes on after + or a comma: it needs {wanted} spaces before it and has {indent}."
                yield number, "PSUseConsistentIndentation", said
        elif not before.endswith(("`", "|")):
            base = (indent, depth - closing)
        depth += sum({"(": 1, "{": 1, ")": -1, "}": -1}.get(character, 0) for character in words)
        before = words


def _names(code: str, built_in: set[str]) -> Iterator[tuple[int, str, str]]:
    for match in _FUNCTION.finditer(code):
        number = code.count("\n", 0, match.start(1)) + 1
        name = f"{match[1]}-{match[2]}"
        if name.lower() in built_in:
            said = f"{name} is a command of PowerShell's own: give the function another name."
            yield number, "PSAvoidOverwritingBuiltInCmdlets", said
        if _is_plural(match[2]):
            yield number, "PSUseSingularNouns", f"The noun of {name} is a plural: use the singular."


def _is_plural(noun: str) -> bool:
    word = re.split(r"(?<=[a-z0-9])(?=[A-Z])", noun)[-1].lower()
    ends = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word in _PLURAL or (ends and word not in _SINGULAR)


def excuses(path: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, path and rule of each entry for pslint in a file of sanity ignores."""
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r"(\S+) pslint:(\w+)", line)
        if match:
            yield number, match[1], match[2]


def check(files: dict[str, str], ignores: dict[str, str]) -> list[Finding]:
    """Return the findings in the files {path: text}, less what every file of ignores {path: text} excuses."""
    built_in = built_in_commands()
    found = [finding for path, text in files.items() for finding in findings(path, text, built_in)]
    left = [] if ignores else found
    for name, text in ignores.items():
        entries = list(excuses(name, text))
        named = {(path, rule) for _number, path, rule in entries}
        left += [finding for finding in found if (finding.path, finding.rule) not in named]
        known = {(finding.path, finding.rule) for finding in found}
        for number, path, rule in entries:
            if (path, rule) not in known:
                left.append(Finding(name, number, rule, f"Nothing in {path} needs the entry for {rule}: remove it."))
    return sorted(set(left))


def tracked(root: Path) -> dict[str, str]:
    """Return the texts of the PowerShell files that git knows or would add, by their paths."""
    command = ["git", "-c", f"safe.directory={root}", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True, timeout=60).stdout
    paths = sorted(name for name in listed.split("\0") if name.endswith(SUFFIXES) and (root / name).is_file())
    return {name: (root / name).read_text("utf-8") for name in paths}


def main() -> int:
    parser = argparse.ArgumentParser(description="Check PowerShell files for what ansible-test's pslint refuses.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the collection's folder")
    root = parser.parse_args().root.resolve()
    files = tracked(root)
    ignores = {str(path.relative_to(root)): path.read_text("utf-8") for path in sorted(root.glob(IGNORES))}
    if not files:
        print(f"There is no PowerShell file in {root}.")
        return 1
    found = check(files, ignores)
    print("\n".join(map(str, found)) if found else f"{len(files)} PowerShell files have no finding.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
