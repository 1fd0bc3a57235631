# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: the run history of Entra Connect: what each run profile did and how it ended.
# Runs in Windows PowerShell 5.1. Properties: facts §5.

# How many of the newest runs are looked at: a cycle makes three a connector.
$script:HistoryDepth = 200
# From harmless to bad.
$script:Severity = @('success', 'warning', 'error')

Function Get-ConnectRun {
    <#
    .SYNOPSIS
    The newest runs, oldest first, as the cmdlet gives them.
    #>
    [CmdletBinding()]
    param ([Parameter()][int] $Number = $script:HistoryDepth)

    $newest = @(Get-ADSyncRunProfileResult -NumberRequested $Number -ErrorAction Stop | Where-Object { $_ })
    [array]::Reverse($newest)
    # Run numbers count by connector (facts §20), so of runs with the same time only the cmdlet's order tells which was first.
    0..$newest.Count | Where-Object { $_ -lt $newest.Count } | Sort-Object -Property { $newest[$_].StartDate }, { $_ } | ForEach-Object { $newest[$_] }
}

Function Get-ConnectNewRun {
    <#
    .SYNOPSIS
    The runs that were not there before.

    .PARAMETER Known
    A dictionary whose keys are the ids of the runs that were. Ids, and no times: clocks and time zones play no part.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][AllowEmptyCollection()][hashtable] $Known)

    Get-ConnectRun | Where-Object { -not $Known.ContainsKey("$($_.RunHistoryId)") }
}

Function Get-ConnectRunOutcome {
    <#
    .SYNOPSIS
    How a run ended: outcome (success, warning, error or running) and advice. The worst of its own result and its steps' counts.

    .PARAMETER Step
    The steps as ConvertTo-ConnectStep gives them.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param (
        [Parameter(Mandatory)][object] $Run,
        [Parameter(Mandatory)][AllowEmptyCollection()][object[]] $Step,
        [Parameter(Mandatory)][AllowEmptyString()][string] $Kind
    )

    if (-not $Run.IsRunComplete) { return @{ outcome = 'running'; advice = $null } }
    $worst = $null
    # A step without a result says nothing against the run's own.
    foreach ($name in @("$($Run.Result)") + @($Step | ForEach-Object { $_.result } | Where-Object { $_ })) {
        $found = Get-ConnectResult -Name $name -Kind $Kind
        if ($found.outcome -eq 'running') {
            $found = @{ outcome = 'error'; advice = 'The run was interrupted before it stored its result, as by a restart of the server. Run the task again.' }
        }
        if ($name -ne "$($Run.Result)") { $found.advice = "A step ended in $name. $($found.advice)".Trim() }
        if (-not $worst -or $script:Severity.IndexOf($found.outcome) -gt $script:Severity.IndexOf($worst.outcome)) { $worst = $found }
    }
    $worst
}

Function Get-Count {
    param ([object] $Step, [string[]] $Name)
    $sum = 0
    foreach ($one in $Name) { if ($null -ne $Step.$one) { $sum += [int]$Step.$one } }
    $sum
}

Function ConvertTo-ConnectStep {
    <#
    .SYNOPSIS
    One run step with its counts: staged from a directory (import), flowed (synchronization) or exported.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][object] $Step, [Parameter(Mandatory)][AllowEmptyCollection()][object[]] $Problem)

    [ordered]@{
        number = [int]$Step.StepNumber
        result = "$($Step.StepResult)"
        started = ConvertTo-ConnectTime -Time $Step.StartDate
        ended = ConvertTo-ConnectTime -Time $Step.EndDate
        connection_error = Get-ConnectConnectionError -Text "$($Step.ConnectorConnectionInformationXml)"
        adds = Get-Count $Step 'StageAdd', 'ExportAdd'
        updates = Get-Count $Step 'StageUpdate', 'StageRename', 'StageDeleteAdd', 'ExportUpdate', 'ExportRename', 'ExportDeleteAdd'
        deletes = Get-Count $Step 'StageDelete', 'ExportDelete'
        failures = Get-Count $Step 'StageFailure', 'FlowFailure', 'ExportFailure'
        discovery_errors = @($Problem | Where-Object { $_.stage -eq 'discovery' }).Count
        unchanged = Get-Count $Step 'StageNoChange'
        projected = Get-Count $Step 'DisconnectorProjectedFlow', 'DisconnectorProjectedNoFlow', 'DisconnectorProjectedRemoveMv'
        joined = Get-Count $Step 'DisconnectorJoinedFlow', 'DisconnectorJoinedNoFlow', 'DisconnectorJoinedRemoveMv'
        flowed = Get-Count $Step 'ConnectorFlow'
        filtered = Get-Count $Step 'DisconnectorFiltered', 'ConnectorFilteredRemoveMv', 'ConnectorFilteredLeaveMv'
        disconnected = Get-Count $Step 'ConnectorDeleteRemoveMv', 'ConnectorDeleteLeaveMv'
    }
}

Function ConvertTo-ConnectRun {
    <#
    .SYNOPSIS
    One run profile's result with its steps, as a dictionary: run, and errors of its objects.

    .PARAMETER Connector
    What Get-ConnectConnector gives.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][object] $Run, [Parameter(Mandatory)][AllowEmptyCollection()][object[]] $Connector)

    $steps = @(Get-ADSyncRunStepResult -RunHistoryId $Run.RunHistoryId -ErrorAction Stop | Where-Object { $_ } | Sort-Object -Property StepNumber)
    $problems = @()
    $shaped = foreach ($step in $steps) {
        $found = @(Get-ConnectStepError -Step $step -Connector "$($Run.ConnectorName)")
        $problems += $found
        ConvertTo-ConnectStep -Step $step -Problem $found
    }
    $shaped = @($shaped)
    $kind = @($Connector | Where-Object { $_.name -eq "$($Run.ConnectorName)" } | ForEach-Object { $_.kind })[0]
    $end = Get-ConnectRunOutcome -Run $Run -Step $shaped -Kind "$kind"
    $started = ConvertTo-ConnectTime -Time $Run.StartDate
    # An if without a value is not null to the JSON writer of Ansible but an empty object, hence every else in this file.
    $ended = if ($Run.IsRunComplete) { ConvertTo-ConnectTime -Time $Run.EndDate } else { $null }
    $seconds = if ($started -and $ended) { [math]::Round(([DateTime]$Run.EndDate - [DateTime]$Run.StartDate).TotalSeconds, 1) } else { $null }
    $out = [ordered]@{
        run_history_id = "$($Run.RunHistoryId)"
        run_number = [int]$Run.RunNumber
        connector = "$($Run.ConnectorName)"
        run_profile = "$($Run.RunProfileName)"
        result = "$($Run.Result)"
        outcome = $end.outcome
        advice = $end.advice
        started = $started
        ended = $ended
        seconds = $seconds
    }
    foreach ($name in 'adds', 'updates', 'deletes', 'failures', 'discovery_errors') {
        $sum = 0
        foreach ($step in $shaped) { $sum += $step[$name] }
        $out[$name] = $sum
    }
    $out.steps = $shaped
    @{ run = $out; errors = $problems }
}

Export-ModuleMember -Function Get-ConnectRun, Get-ConnectNewRun, ConvertTo-ConnectRun
