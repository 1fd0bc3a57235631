# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
<#
.SYNOPSIS
Finds what Windows PowerShell 5.1 cannot run, in scripts that PowerShell 7 can.
.DESCRIPTION
Reads each script with PowerShell's own parser and reports syntax newer than 5.1, and cmdlets and parameters that came
after it. Prints "file:line: reason", exits 1 when it found any. Runs in any PowerShell 7.
.EXAMPLE
pwsh -NoProfile -File check51.ps1 plugins/modules/adsync_cycle.ps1
#>
$ErrorActionPreference = 'Stop'
$files = @($args)
if (-not $files) { [Console]::Error.WriteLine('usage: check51.ps1 FILE...'); exit 64 }

$newCmdlets = @(
    'Get-Error', 'Test-Json', 'Join-String', 'ConvertTo-CliXml', 'ConvertFrom-CliXml', 'Get-Uptime', 'Remove-Alias', 'Switch-Process'
    'Get-ExperimentalFeature', 'Enable-ExperimentalFeature', 'Get-MarkdownOption', 'ConvertFrom-Markdown', 'Show-Markdown', 'Test-Markdown'
    'Get-SecureRandom', 'Remove-Service'
)
$newParameters = @{
    'ConvertFrom-Json' = 'AsHashtable', 'Depth', 'NoEnumerate', 'DateKind'
    'ConvertTo-Json' = 'AsArray', 'EnumsAsStrings', 'EscapeHandling'
    'ConvertFrom-SecureString' = @('AsPlainText')
    'ForEach-Object' = 'Parallel', 'ThrottleLimit', 'TimeoutSeconds', 'AsJob', 'UseNewRunspace'
    'Get-Content' = @('AsByteStream')
    'Set-Content' = @('AsByteStream')
    'Add-Content' = @('AsByteStream')
    'Get-Date' = 'AsUTC', 'UnixTimeSeconds'
    'Join-Path' = @('AdditionalChildPath')
    'Split-Path' = 'LeafBase', 'Extension'
    'Sort-Object' = 'Stable', 'Top', 'Bottom'
    'Select-Object' = @('SkipIndex')
    'Start-Sleep' = @('Duration')
    'Get-ChildItem' = @('FollowSymlink')
    'Select-String' = 'Raw', 'NoEmphasis', 'Culture'
    'Invoke-RestMethod' = @(
        'SkipCertificateCheck', 'Authentication', 'Token', 'MaximumRetryCount', 'RetryIntervalSec', 'StatusCodeVariable'
        'ResponseHeadersVariable', 'Form', 'NoProxy', 'SkipHttpErrorCheck'
    )
    'Invoke-WebRequest' = @(
        'SkipCertificateCheck', 'Authentication', 'Token', 'MaximumRetryCount', 'RetryIntervalSec', 'Form', 'NoProxy', 'SkipHttpErrorCheck'
    )
}
$newMembers = 'ToHexString', 'FromHexString', 'ResolveLinkTarget', 'HashData'   # .NET members that .NET Framework 4.8 lacks
$found = 0

function Add-Finding($ast, [string]$reason) {
    $script:found++
    '{0}:{1}: {2}' -f $ast.Extent.File, $ast.Extent.StartLineNumber, $reason
}

foreach ($file in $files) {
    $path = (Resolve-Path -LiteralPath $file).ProviderPath
    $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseFile($path, [ref]$null, [ref]$errors)
    foreach ($e in $errors) { $found++; '{0}:{1}: does not parse: {2}' -f $path, $e.Extent.StartLineNumber, $e.Message }

    foreach ($ast in $tree.FindAll({ $true }, $true)) {
        switch ($ast.GetType().Name) {
            'TernaryExpressionAst' { Add-Finding $ast 'a ? b : c needs PowerShell 7' }
            'PipelineChainAst' { Add-Finding $ast '&& and || need PowerShell 7' }
            'BinaryExpressionAst' { if ($ast.Operator -eq 'QuestionQuestion') { Add-Finding $ast '?? needs PowerShell 7' } }
            'AssignmentStatementAst' { if ($ast.Operator -eq 'QuestionQuestionEquals') { Add-Finding $ast '??= needs PowerShell 7' } }
            'PipelineAst' { if ($ast.Background) { Add-Finding $ast 'a trailing & needs PowerShell 7' } }
            'ScriptBlockAst' { if ($ast.CleanBlock) { Add-Finding $ast.CleanBlock 'a clean block needs PowerShell 7.3' } }
            'IndexExpressionAst' { if ($ast.NullConditional) { Add-Finding $ast '?[] needs PowerShell 7' } }
            { $_ -in 'MemberExpressionAst', 'InvokeMemberExpressionAst' } {
                if ($ast.NullConditional) { Add-Finding $ast '?. needs PowerShell 7' }
                if ($ast.Static -and "$($ast.Member)" -in $newMembers) { Add-Finding $ast ".NET Framework has no [$($ast.Expression)]::$($ast.Member)" }
            }
            'CommandAst' {
                $name = $ast.GetCommandName()
                if ($name -in $newCmdlets) { Add-Finding $ast "$name came after 5.1" }
                if ($name -and $newParameters.ContainsKey($name)) {
                    $named = @($ast.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] })
                    foreach ($p in $named) {
                        if ($p.ParameterName -in $newParameters[$name]) { Add-Finding $p "$name -$($p.ParameterName) came after 5.1" }
                    }
                    if ($name -eq 'Join-Path' -and -not $named.Count -and $ast.CommandElements.Count -gt 3) {
                        Add-Finding $ast 'Join-Path takes two parts in 5.1'
                    }
                }
            }
        }
    }
}
if ($found) { exit 1 }
