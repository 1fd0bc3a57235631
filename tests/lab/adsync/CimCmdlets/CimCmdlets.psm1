# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Stands in for the CIM cmdlets: the classes and the registry of a Windows server that windows.json describes, in the folder
# that ADSYNC_LAB_STATE names (lab.sync.windows). A class, or the registry, that is a text
# fails with that text; a key that is a number fails with that code. The server's time is the real one and what the lab's
# clock has moved on (ADSync/Clock.ps1).

Function Read-LabWindows {
    if (-not $env:ADSYNC_LAB_STATE) { throw [InvalidOperationException]::new('ADSYNC_LAB_STATE names no folder') }
    [IO.File]::ReadAllText([IO.Path]::Combine($env:ADSYNC_LAB_STATE, 'windows.json')) | ConvertFrom-Json -DateKind String
}

Function Write-LabWindows {
    param ([object] $Windows)
    $path = [IO.Path]::Combine($env:ADSYNC_LAB_STATE, 'windows.json')
    [IO.File]::WriteAllText("$path.ps", (ConvertTo-Json -InputObject $Windows -Depth 8))
    [IO.File]::Move("$path.ps", $path, $true)
}

Function Get-LabTime {
    $path = [IO.Path]::Combine($env:ADSYNC_LAB_STATE, 'clock.json')
    $moved = if ([IO.File]::Exists($path)) { [IO.File]::ReadAllText($path) | ConvertFrom-Json } else { 0 }
    [DateTime]::Now.AddSeconds($moved)
}

Function Get-CimInstance {
    [CmdletBinding()]
    param ([string] $Namespace = 'root/cimv2', [Parameter(Mandatory, Position = 0)][string] $ClassName, [string] $Filter)
    $found = (Read-LabWindows).classes.$ClassName
    if ($found -is [string]) { throw [InvalidOperationException]::new($found) }
    if ($found -and $ClassName -eq 'Win32_OperatingSystem') { $found | Add-Member -NotePropertyName LocalDateTime -NotePropertyValue (Get-LabTime) }
    # WQL of the one form that is asked for: Name='text'.
    $wanted = @{}
    if ($Filter) {
        if ($Filter -notmatch "^(\w+)='([^']*)'$") { throw [ArgumentException]::new('Invalid query') }
        $wanted[$Matches[1]] = $Matches[2]
    }
    foreach ($one in @($found | Where-Object { $_ })) {
        if (-not @($wanted.Keys | Where-Object { "$($one.$_)" -ne $wanted[$_] }).Count) { $one }
    }
}

Function Edit-LabKey {
    # Changes the registry; returns Windows' code. A key with keys below it is not there by itself in windows.json.
    param ([object] $Registry, [string] $MethodName, [System.Collections.IDictionary] $Arguments)
    $key = $Arguments.sSubKeyName
    $values = $Registry.$key
    if ($values -is [long] -or $values -is [int]) { return $values }
    if ($MethodName -eq 'CreateKey') {
        if ($null -eq $values) { $Registry | Add-Member -NotePropertyName $key -NotePropertyValue ([pscustomobject]@{}) }
        return 0
    }
    if ($null -eq $values) { return 2 }
    if ($MethodName -eq 'DeleteKey') { $Registry.PSObject.Properties.Remove($key) }
    else { $values | Add-Member -NotePropertyName $Arguments.sValueName -NotePropertyValue $Arguments.sValue -Force }
    0
}

Function Invoke-CimMethod {
    # StdRegProv: ReturnValue 0, 1 for a value and 2 for a key that is not there, or another code of Windows (5: access denied).
    [CmdletBinding()]
    param (
        [string] $Namespace = 'root/cimv2',
        [Parameter(Mandatory)][string] $ClassName,
        [Parameter(Mandatory)][string] $MethodName,
        [Parameter(Mandatory)][System.Collections.IDictionary] $Arguments
    )
    if ($ClassName -ne 'StdRegProv' -or $Arguments.hDefKey -isnot [uint32] -or $Arguments.hDefKey -ne 2147483650) {
        throw [ArgumentException]::new('Invalid parameter')
    }
    $windows = Read-LabWindows
    $registry = $windows.registry
    if ($registry -is [string]) { throw [InvalidOperationException]::new($registry) }
    $key = $Arguments.sSubKeyName
    if ($MethodName -eq 'EnumKey') {
        $names = @($registry.PSObject.Properties.Name | Where-Object { $_.StartsWith("$key\", 'OrdinalIgnoreCase') } |
                ForEach-Object { $_.Substring($key.Length + 1).Split('\')[0] } | Select-Object -Unique)
        if (-not $names.Count) { return [pscustomobject]@{ ReturnValue = [uint32]2; sNames = $null } }
        return [pscustomobject]@{ ReturnValue = [uint32]0; sNames = $names }
    }
    if ($MethodName -in 'CreateKey', 'SetStringValue', 'DeleteKey') {
        $code = Edit-LabKey -Registry $registry -MethodName $MethodName -Arguments $Arguments
        if ($code -eq 0) { Write-LabWindows -Windows $windows }
        return [pscustomobject]@{ ReturnValue = [uint32]$code }
    }
    $property = @{ GetDWORDValue = 'uValue'; GetStringValue = 'sValue' }[$MethodName]
    if (-not $property) { throw [ArgumentException]::new('Invalid method') }
    $answer = [ordered]@{ ReturnValue = [uint32]0; $property = $null }
    $values = $registry.$key
    if ($null -eq $values) { $answer.ReturnValue = [uint32]2 }
    elseif ($values -is [long] -or $values -is [int]) { $answer.ReturnValue = [uint32]$values }
    elseif ($Arguments.sValueName -notin @($values.PSObject.Properties.Name)) { $answer.ReturnValue = [uint32]1 }
    else { $answer.$property = $values.($Arguments.sValueName) }
    [pscustomobject]$answer
}
