# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: starting a cycle of Entra Connect and telling when it has begun and ended.
# Start-ADSyncSyncCycle returns before the cycle has begun, and connectors look idle between its steps (facts §5), so
# neither its return nor a quiet moment proves anything: the scheduler's flag and the run history do.

# A cycle that shows no sign of itself for so long (seconds) has not been started, whatever the cmdlet said.
$script:SignOfLife = 120

Function Get-ConnectActivity {
    <#
    .SYNOPSIS
    What is going on: scheduler, busy connectors, and runs that were not known before.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][AllowEmptyCollection()][hashtable] $Known)

    # The flag is read first: a cycle that ends between the reads then costs one more poll, never a run.
    $scheduler = Get-ConnectScheduler
    $busy = @(Get-ConnectBusyConnector)
    $runs = @(Get-ConnectNewRun -Known $Known)
    @{
        scheduler = $scheduler
        busy = $busy
        runs = $runs
        quiet = -not $scheduler.sync_cycle_in_progress -and -not $busy.Count -and -not @($runs | Where-Object { -not $_.IsRunComplete }).Count
    }
}

Function Wait-ConnectIdle {
    <#
    .SYNOPSIS
    Waits until no cycle and no connector runs. Returns whether that came about before the time was up.

    .PARAMETER Deadline
    The reading of Get-ConnectClock at which the time is up.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param (
        [Parameter(Mandatory)][double] $Deadline,
        [Parameter(Mandatory)][int] $PollInterval
    )

    while ($true) {
        $scheduler = Get-ConnectScheduler
        if (-not $scheduler.sync_cycle_in_progress -and -not @(Get-ConnectBusyConnector).Count) { return $true }
        if ((Get-ConnectClock) + $PollInterval -gt $Deadline) { return $false }
        Wait-ConnectPoll -Seconds $PollInterval
    }
}

Function Wait-ConnectCycle {
    <#
    .SYNOPSIS
    Waits for the cycle that was just started. Returns state (ended, running, absent) and what was seen last.

    .PARAMETER Known
    The ids of the runs from before the cycle.

    .PARAMETER Before
    The scheduler as it was before the cycle.

    .PARAMETER Deadline
    The reading of Get-ConnectClock at which the time is up.
    #>
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][AllowEmptyCollection()][hashtable] $Known,
        [Parameter(Mandatory)][System.Collections.IDictionary] $Before,
        [Parameter(Mandatory)][double] $Deadline,
        [Parameter(Mandatory)][int] $PollInterval
    )

    $startedAt = Get-ConnectClock
    $seenFlag = $false
    $seenAnything = $false
    $settled = -1
    while ($true) {
        $now = Get-ConnectActivity -Known $Known
        if ($now.scheduler.sync_cycle_in_progress) { $seenFlag = $true }
        $moved = $now.scheduler.next_sync_cycle_start_time -ne $Before.next_sync_cycle_start_time
        if ($seenFlag -or $now.busy.Count -or $now.runs.Count -or $moved) { $seenAnything = $true }

        if ($seenAnything -and $now.quiet) {
            # Whoever saw the flag up and sees it down has seen the end. Whoever only sees finished runs may have come
            # between the start and the flag, and looks once more.
            if ($seenFlag -or $settled -eq $now.runs.Count) { return @{ state = 'ended'; last = $now } }
            $settled = $now.runs.Count
        }
        else {
            $settled = -1
        }

        $clock = Get-ConnectClock
        if (-not $seenAnything -and $clock - $startedAt -ge $script:SignOfLife) { return @{ state = 'absent'; last = $now } }
        if ($clock + $PollInterval -gt $Deadline) {
            return @{ state = $(if ($seenAnything) { 'running' } else { 'absent' }); last = $now }
        }
        Wait-ConnectPoll -Seconds $PollInterval
    }
}

Function Get-ConnectPlan {
    <#
    .SYNOPSIS
    The run profiles of a cycle in their order: import all, synchronize all, export to Entra, export to the rest (facts §5).
    #>
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][AllowEmptyCollection()][object[]] $Connector,
        [Parameter(Mandatory)][string] $PolicyType,
        [Parameter(Mandatory)][bool] $Staging
    )

    $first = if ($PolicyType -eq 'initial') { 'Full' } else { 'Delta' }
    foreach ($one in $Connector) { [ordered]@{ connector = $one.name; run_profile = "$first Import" } }
    foreach ($one in $Connector) { [ordered]@{ connector = $one.name; run_profile = "$first Synchronization" } }
    if (-not $Staging) {
        foreach ($one in $Connector) { if ($one.kind -eq 'entra') { [ordered]@{ connector = $one.name; run_profile = 'Export' } } }
        foreach ($one in $Connector) { if ($one.kind -ne 'entra') { [ordered]@{ connector = $one.name; run_profile = 'Export' } } }
    }
}

Function Get-ConnectCycleSummary {
    <#
    .SYNOPSIS
    The outcome of a cycle (success, warnings, errors) and one sentence on it, from its runs.
    #>
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][string] $PolicyType,
        [Parameter(Mandatory)][double] $Seconds,
        [Parameter(Mandatory)][AllowEmptyCollection()][object[]] $Run,
        [Parameter(Mandatory)][AllowEmptyCollection()][object[]] $Problem
    )

    $bad = @($Run | Where-Object { $_.outcome -eq 'error' })
    $odd = @($Run | Where-Object { $_.outcome -eq 'warning' })
    $text = "The $PolicyType cycle took $Seconds s and ran $($Run.Count) run profile$(if ($Run.Count -ne 1) { 's' })"
    if (-not $Run.Count) {
        return @{
            outcome = 'warnings'
            message = "The $PolicyType cycle took $Seconds s but the run history does not show it, so its result is unknown."
        }
    }
    if (-not $bad.Count -and -not $odd.Count) { return @{ outcome = 'success'; message = "$text, all with success." } }

    $told = foreach ($one in @($bad + $odd)) {
        $why = @($one.steps | ForEach-Object { $_.connection_error } | Where-Object { $_ }) -join '; '
        $many = if ($one.failures) { ", $($one.failures) failed" } else { '' }
        if ($one.discovery_errors) { $many += ", $($one.discovery_errors) could not be read" }
        $because = if ($why) { " ($why)" } else { '' }
        "'$($one.connector)' $($one.run_profile): $($one.result)$many$because. $($one.advice)".Trim()
    }
    $text += ". Not all succeeded: " + ($told -join ' ')
    # An export error stands for what was asked of the cycle, so it is told rather than one of another stage.
    $first = @(@($Problem | Where-Object { $_.stage -eq 'export' }) + @($Problem))[0]
    if ($first) {
        $names = $first.user_principal_name, $first.on_premises_distinguished_name, $first.distinguished_name, $first.display_name, 'an object without a name'
        $who = @($names | Where-Object { $_ })[0]
        $which = if ($first.stage -eq 'export') { 'The first refused object' } else { 'The first object that failed' }
        $text += " $($which): $($who): $(Get-ConnectErrorText -Code $first.code -Message $first.message -Advice $first.advice)"
    }
    @{ outcome = $(if ($bad.Count) { 'errors' } else { 'warnings' }); message = $text }
}

Export-ModuleMember -Function Wait-ConnectIdle, Wait-ConnectCycle, Get-ConnectPlan, Get-ConnectCycleSummary
