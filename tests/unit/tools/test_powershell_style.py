# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each form that pslint refuses is found, and what only looks like one is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

import powershell_style
from powershell_text import code_only

INDENTATION = "PSUseConsistentIndentation"
FOUND = {
    "long line": ("# " + "x" * 159, "PSAvoidLongLines", 1),
    "plus": ("$a = 'x' +\n    'y'\n", INDENTATION, 2),
    "plus in a block": ("if ($a) {\n    $b = 'x' +\n        'y' +\n    'z'\n}\n", INDENTATION, 3),
    "comma": ("$a = 'x',\n    'y'\n", INDENTATION, 2),
    "comma after a comment": ("$a = 'x', # why\n    'y'\n", INDENTATION, 2),
    "too little in a bracket": ("Stop-It -Message ('x' +\n'y')\n", INDENTATION, 2),
    "foreach in an array": ("$a = @(foreach ($b in $c) {\n        $b\n    })\n", INDENTATION, 1),
    "if in an array": ("$a = 1\n$b = @(if ($a) {\n        $a\n    })\n", INDENTATION, 2),
    "new": ("$a = [Text.StringBuilder]::new(\n    'x')\n", INDENTATION, 1),
    "new in a call": ("Out-It ([A.B]::new('x',\n        'y'))\n", INDENTATION, 1),
    "plural": ("Function Get-ServerTls {\n}\n", "PSUseSingularNouns", 1),
    "plural of several words": ("\nfunction script:Get-ADSyncGlobalSettings { }\n", "PSUseSingularNouns", 2),
    "irregular plural": ("Filter Get-ItemChildren { $_ }\n", "PSUseSingularNouns", 1),
    "built-in name": ("Function Get-Item {\n}\n", "PSAvoidOverwritingBuiltInCmdlets", 1),
    "name that only Windows has": ("Function get-ciminstance {\n}\n", "PSAvoidOverwritingBuiltInCmdlets", 1),
    "path": ("if (Test-Path -Path $a) { }\n", "PSCustomUseLiteralPath", 1),
    "path after another parameter": ("Get-Content -Raw -Path $a\n", "PSCustomUseLiteralPath", 1),
}
PASSED = {
    "line of 160": "#" + "x" * 159,
    "plus": "$a = 'x' +\n'y' +\n'z'\n",
    "plus in a bracket": "    Stop-It -Message ('x' +\n        'y' +\n        'z')\n",
    "plus after a backtick": "Stop-It -A 1 `\n    -Message ('x' +\n    'y')\n",
    "increment": "if ($a) {\n    $i++\n        $b\n}\n",
    "comma": "Export-ModuleMember -Function Get-A,\nGet-B\n",
    "parameters": "param (\n    [string] $A,\n    [Parameter(Mandatory)][int] $B\n)\n",
    "join": "$a = @(\n    'x'\n    'y'\n) -join ' '\n",
    "foreach assigned": "$a = foreach ($b in $c) {\n    $b\n}\n$a = @($a)\n",
    "foreach on one line": "foreach ($a in @(foreach ($b in $c) { $b })) {\n    $a\n}\n",
    "new on one line": "throw [A.B]::new((Get-It -Name 'x'))\n",
    "singular": "".join(
        f"Function Read-{noun} {{ }}\n" for noun in ("Status", "Process", "Address", "Alias", "TlsValue", "Analysis")
    ),
    "call of a built-in command": "Get-Item -LiteralPath $a | Get-CimInstance\n",
    "literal path": "Test-Path -LiteralPath $a; Get-Item -LiteralPath $b\n",
    "path of another command": "Join-Path -Path $a -ChildPath b\nTest-Path -LiteralPath (Split-Path -Path $a)\n",
    "comment": "# Function Get-Things {\n# $a = 'x' +\n#     'y'\n$b\n",
    "block comment": "<#\nFunction Get-Things {\n  @(foreach ($a in $b) {\n  Test-Path -Path x\n#>\n",
    "text": "$a = 'Function Get-Things { @(foreach ($a in $b) {'\n$b = \"Test-Path -Path $x ::new(\"\n",
    "text that ends in a plus": "$a = 'x +'\n    $b\n",
    "text with quotes": '$a = \'it\'\'s @(foreach ($b in $c) {\'\n$b = "a `" "" @(if ($x) {"\n',
    "text with code": '$a = "$(if ($b) { ", $b" })" + \'x\'\n$c = "$(@(\'}\', \')\') -join "(")"\n',
    "here-string": "$a = @'\nFunction Get-Things {\n  'x' +\n      'y'\n'@\n$b = @\"\n@(foreach ($a in $b) {\n\"@\n",
    "splatting and arrays": "Get-It @a 'x'\n@{ a = 1 }.a\n",
}


def found(text: str) -> list[tuple[str, int]]:
    built_in = powershell_style.built_in_commands()
    return [(finding.rule, finding.line) for finding in powershell_style.findings("a.ps1", text, built_in)]


@pytest.mark.parametrize("form", FOUND)
def test_what_is_refused_is_found(form: str) -> None:
    text, rule, line = FOUND[form]
    assert found(text) == [(rule, line)]


@pytest.mark.parametrize("form", PASSED)
def test_what_is_allowed_passes(form: str) -> None:
    assert found(PASSED[form]) == []


@pytest.mark.parametrize("text", [*PASSED.values(), *(text for text, _rule, _line in FOUND.values())])
def test_code_keeps_its_place(text: str) -> None:
    code = code_only(text)
    assert len(code) == len(text)
    assert [len(line) for line in code.split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize("text", ["'open", '"open', "@'\nopen", "<# open", '"$(', "a`", "#"])
def test_a_file_that_is_cut_off_is_read_to_its_end(text: str) -> None:
    assert len(code_only(text)) == len(text)


FILES = {"a.ps1": "Function Get-Things { }\n"}
ENTRY = "a.ps1 pslint:PSUseSingularNouns # Microsoft's name\n"


def test_an_entry_excuses_what_it_names() -> None:
    assert len(powershell_style.check(FILES, {})) == 1
    assert powershell_style.check(FILES, {"ignore-2.21.txt": ENTRY}) == []
    # Every ansible-core has a file of its own.
    left = powershell_style.check(FILES, {"ignore-2.21.txt": ENTRY, "ignore-2.22.txt": "b.py import-3.11!skip\n"})
    assert [str(finding) for finding in left] == ["a.ps1:1: The noun of Get-Things is a plural: use the singular."]


def test_an_entry_that_excuses_nothing_is_found() -> None:
    [left] = powershell_style.check({"a.ps1": ""}, {"ignore-2.21.txt": f"b.py import-3.11!skip\n{ENTRY}"})
    assert str(left) == "ignore-2.21.txt:2: Nothing in a.ps1 needs the entry for PSUseSingularNouns: remove it."


def test_the_program_reads_what_git_knows(tmp_path: Path) -> None:
    def run() -> tuple[int, str]:
        command = [sys.executable, str(TOOLS / "powershell_style.py"), "--root", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert not done.stderr
        return done.returncode, done.stdout

    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert run() == (1, f"There is no PowerShell file in {tmp_path}.\n")
    (tmp_path / ".gitignore").write_text("made/\n", "utf-8")
    (tmp_path / "made").mkdir()
    for name in ("made/b.ps1", "a.psm1"):
        (tmp_path / name).write_text("Function Get-Things { }\n", "utf-8")
    assert run() == (1, "a.psm1:1: The noun of Get-Things is a plural: use the singular.\n")
    (tmp_path / "a.psm1").write_text("Function Get-Thing { }\n", "utf-8")
    assert run() == (0, "1 PowerShell files have no finding.\n")
