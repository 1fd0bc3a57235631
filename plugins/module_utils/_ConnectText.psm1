# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: text from outside, made fit for terminals and logs. The same as _identity/core/visible.py.

$script:Invisible = '[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]'
$script:Short = @{ "`t" = '\t'; "`n" = '\n'; "`r" = '\r' }

Function ConvertTo-VisibleText {
    <#
    .SYNOPSIS
    A text with its invisible characters written out (\n, \x1b, \u202e) and cut to a length. Null stays null.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter()][AllowNull()][object] $Text, [Parameter()][int] $Longest = 4000)

    if ($null -eq $Text) { return $null }
    $given = "$Text"
    if ($given.Length -gt $Longest + 1) { $given = $given.Substring(0, $Longest + 1) }
    $shown = [regex]::Replace($given, $script:Invisible, {
            param ($found)
            $char = $found.Value
            if ($script:Short.ContainsKey($char)) { return $script:Short[$char] }
            $code = [int][char]$char
            if ($code -lt 0x100) { '\x{0:x2}' -f $code } else { '\u{0:x4}' -f $code }
        })
    if ($shown.Length -le $Longest) { $shown } else { $shown.Substring(0, $Longest - 1) + [char]0x2026 }
}

Export-ModuleMember -Function ConvertTo-VisibleText
