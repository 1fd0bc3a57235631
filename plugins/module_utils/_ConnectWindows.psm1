# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: what the modules read and write of Windows. Everything goes through CIM, the registry
# through its provider StdRegProv too, which is the same in Windows PowerShell 5.1 and PowerShell 7 and shows the 64-bit
# registry whatever the process is.

$script:LocalMachine = [uint32]2147483650

Function Get-ServerClass {
    <#
    .SYNOPSIS
    The instances of a CIM class of Windows; raises where Windows does not answer.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string] $ClassName, [Parameter()][string] $Filter)

    $arguments = @{ Namespace = 'root/cimv2'; ClassName = $ClassName; ErrorAction = 'Stop'; Verbose = $false }
    if ($Filter) { $arguments.Filter = $Filter }
    Get-CimInstance @arguments
}

Function Get-ServerTime {
    <#
    .SYNOPSIS
    The server's time, in UTC.
    #>
    [CmdletBinding()]
    [OutputType([DateTime])]
    param ()

    ([DateTime](Get-ServerClass -ClassName 'Win32_OperatingSystem').LocalDateTime).ToUniversalTime()
}

Function Get-ServerAccount {
    <#
    .SYNOPSIS
    The account that runs this process: its name, and whether it is SYSTEM.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ()

    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    try { @{ name = $identity.Name; system = $identity.IsSystem } }
    finally { $identity.Dispose() }
}

Function Invoke-ServerRegistry {
    <#
    .SYNOPSIS
    A method of StdRegProv below HKLM. Returns its answer, or null where the key or the value does not exist (codes 2 and 1).
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string] $Method, [Parameter(Mandatory)][hashtable] $Argument)

    $call = @{ hDefKey = $script:LocalMachine } + $Argument
    $answer = Invoke-CimMethod -Namespace 'root/cimv2' -ClassName 'StdRegProv' -MethodName $Method -Arguments $call -ErrorAction Stop -Verbose:$false
    $code = [int64]$answer.ReturnValue
    if ($code -eq 0) { return $answer }
    $done = if ($Method -match '^(Get|Enum)') { 'read' } else { 'written' }
    if ($code -notin 1, 2) { throw "The registry key HKLM\$($Argument.sSubKeyName) cannot be $done (Windows error $code)." }
    $null
}

Function Get-ServerRegistryNumber {
    <#
    .SYNOPSIS
    A DWORD below HKLM, or null if there is none; raises where it cannot be read.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string] $Key, [Parameter(Mandatory)][string] $Name)

    $answer = Invoke-ServerRegistry -Method 'GetDWORDValue' -Argument @{ sSubKeyName = $Key; sValueName = $Name }
    if ($null -eq $answer -or $null -eq $answer.uValue) { return $null }
    [int64]$answer.uValue
}

Function Get-ServerRegistryText {
    <#
    .SYNOPSIS
    A text below HKLM, or null if there is none; raises where it cannot be read.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string] $Key, [Parameter(Mandatory)][string] $Name)

    $answer = Invoke-ServerRegistry -Method 'GetStringValue' -Argument @{ sSubKeyName = $Key; sValueName = $Name }
    if ($null -eq $answer -or $null -eq $answer.sValue) { return $null }
    "$($answer.sValue)"
}

Function Save-ServerRegistryText {
    <#
    .SYNOPSIS
    Writes texts below HKLM, in the order of the dictionary, and makes the key if it is not there.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string] $Key, [Parameter(Mandatory)][System.Collections.IDictionary] $Value)

    $null = Invoke-ServerRegistry -Method 'CreateKey' -Argument @{ sSubKeyName = $Key }
    foreach ($name in $Value.Keys) {
        $argument = @{ sSubKeyName = $Key; sValueName = $name; sValue = "$($Value[$name])" }
        if ($null -eq (Invoke-ServerRegistry -Method 'SetStringValue' -Argument $argument)) { throw "The registry key HKLM\$Key no longer exists." }
    }
}

Function Clear-ServerRegistryKey {
    <#
    .SYNOPSIS
    Removes a key below HKLM that has no keys below it. It may be gone already.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string] $Key)

    $null = Invoke-ServerRegistry -Method 'DeleteKey' -Argument @{ sSubKeyName = $Key }
}

Export-ModuleMember -Function Get-ServerClass, Get-ServerTime, Get-ServerAccount, Invoke-ServerRegistry, Get-ServerRegistryNumber,
Get-ServerRegistryText, Save-ServerRegistryText, Clear-ServerRegistryKey
