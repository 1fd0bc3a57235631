# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: the findings of entra_connect_info and the readings that they are made from.

Function Get-ConnectReading {
    <#
    .SYNOPSIS
    Runs a reading: its value, or null and as problem why it could not be read. Never raises.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([Parameter(Mandatory)][scriptblock] $Block)

    try {
        $value = & $Block
        # What a block without output gives is no null to the JSON writer of Ansible.
        if ($null -eq $value) { $value = $null }
        @{ value = $value; problem = $null }
    }
    catch { @{ value = $null; problem = $_.Exception.Message.Trim() } }
}

Function New-ConnectItem {
    <#
    .SYNOPSIS
    One finding: name, group (server, connect), status (ok, not_ok, unknown), value, reason, advice.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param (
        [Parameter(Mandatory)][string] $Name,
        [Parameter(Mandatory)][ValidateSet('server', 'connect')][string] $Group,
        [Parameter(Mandatory)][ValidateSet('ok', 'not_ok', 'unknown')][string] $Status,
        [Parameter()][AllowNull()][object] $Value,
        [Parameter(Mandatory)][string] $Reason,
        [Parameter()][AllowNull()][AllowEmptyString()][string] $Advice
    )

    [ordered]@{
        name = $Name
        group = $Group
        status = $Status
        value = if ($null -eq $Value -or "$Value" -eq '') { $null } else { "$Value" }
        reason = ConvertTo-VisibleText -Text $Reason
        advice = if ($Advice) { $Advice } else { $null }
    }
}

Function New-ConnectUnknown {
    <#
    .SYNOPSIS
    The finding that something could not be read, with the reason that was given.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param (
        [Parameter(Mandatory)][string] $Name,
        [Parameter(Mandatory)][string] $Group,
        [Parameter(Mandatory)][string] $What,
        [Parameter()][AllowNull()][AllowEmptyString()][string] $Problem,
        [Parameter()][AllowNull()][AllowEmptyString()][string] $Advice
    )

    $because = if ($Problem) { $Problem } else { 'it does not exist.' }
    if (-not $Advice) { $Advice = 'Check it on the server, and run the task as an administrator of that server.' }
    New-ConnectItem -Name $Name -Group $Group -Status unknown -Reason "$What could not be read: $because" -Advice $Advice
}

Export-ModuleMember -Function Get-ConnectReading, New-ConnectItem, New-ConnectUnknown
