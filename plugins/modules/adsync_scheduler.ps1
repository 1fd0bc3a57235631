#!powershell

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._ADSync
#AnsibleRequires -PowerShell ..module_utils._ADSyncClock
#AnsibleRequires -PowerShell ..module_utils._ADSyncCycle
#AnsibleRequires -PowerShell ..module_utils._ADSyncHold
#AnsibleRequires -PowerShell ..module_utils._ADSyncHoldNote
#AnsibleRequires -PowerShell ..module_utils._ADSyncRuns
#AnsibleRequires -PowerShell ..module_utils._ConnectText
#AnsibleRequires -PowerShell ..module_utils._ConnectWindows

$spec = @{
    options = @{
        controller = @{ type = 'str' }
        custom_interval = @{ type = 'str' }
        force = @{ type = 'bool'; default = $false }
        hold_wait = @{ type = 'int'; default = 1800 }
        max_hold = @{ type = 'int'; default = 3600 }
        module_path = @{ type = 'path' }
        next_policy_type = @{ type = 'str'; choices = 'delta', 'initial' }
        poll_interval = @{ type = 'int'; default = 5 }
        run = @{ type = 'str' }
        state = @{ type = 'str'; choices = 'held', 'released' }
        wait_for_cycle = @{ type = 'bool'; default = $false }
        wait_timeout = @{ type = 'int'; default = 3600 }
    }
    required_if = @(, @('state', 'held', @('run', 'controller')))
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$pollInterval = $module.Params.poll_interval
$timeout = $module.Params.wait_timeout
$state = $module.Params.state
$run = "$($module.Params.run)"

Function Stop-Module {
    # Ends the task as failed. The result says which kind of failure it is, so that a playbook can tell them apart.
    param ([string] $Message, [string] $Cause, [string] $Text)
    $module.Result.cause = $Cause
    $module.Result.error_text = if ($Text) { $Text } else { $null }
    $module.FailJson((ConvertTo-VisibleText -Text $Message))
}

Function Stop-ForFailure {
    param ([System.Management.Automation.ErrorRecord] $ErrorRecord, [string] $Action)
    if ($ErrorRecord.Exception.Data['cause']) { Stop-Module -Message $ErrorRecord.Exception.Message -Cause $ErrorRecord.Exception.Data['cause'] }
    $failure = Get-ConnectFailure -ErrorRecord $ErrorRecord -Action $Action
    Stop-Module -Message $failure.message -Cause $failure.cause -Text $failure.text
}

Function Get-SchedulerOption {
    # A scheduler's settings under the names of the options that make them.
    param ([System.Collections.IDictionary] $Scheduler, [string] $Standing)
    [ordered]@{
        state = if ($Standing -in 'own', 'other', 'expired') { 'held' } else { 'released' }
        next_policy_type = $Scheduler.next_sync_cycle_policy_type
        custom_interval = $Scheduler.customized_sync_cycle_interval
    }
}

Function Get-HoldResult {
    # What the result says of a hold. Null for none.
    param ([System.Collections.IDictionary] $Note)
    if (-not $Note) { return $null }
    $shown = [ordered]@{}
    foreach ($name in 'run', 'controller', 'since', 'expires', 'enabled') { $shown[$name] = $Note[$name] }
    $shown
}

Function Get-HoldText {
    param ([System.Collections.IDictionary] $Note)
    "Run $($Note.run) on $($Note.controller) has held the scheduler since $($Note.since), until $($Note.expires) at the latest."
}

Function Stop-ForHold {
    # The scheduler could not be held because of another hold, present or past.
    param ([string] $Standing, [System.Collections.IDictionary] $Note)
    $waited = "hold_wait ($($module.Params.hold_wait) s) is up."
    if ($Standing -eq 'other') {
        Stop-Module -Cause 'held' -Message ("$(Get-HoldText -Note $Note) $waited Run the task again when that run has ended. If it was " +
            'killed, run the playbook hybrid.identity.release_scheduler.')
    }
    Stop-Module -Cause 'no_cycle_since' -Message ("The hold of run $($Note.run) on $($Note.controller) was ended because it expired. A cycle " +
        "must end before the next hold, and no cycle has ended. $waited Run the task again after the next cycle of the scheduler, or start one on the " +
        'server: Start-ADSyncSyncCycle -PolicyType Delta.')
}

Function Set-Activity {
    # Puts what runs this moment into the result; returns a sentence on it.
    param ([System.Collections.IDictionary] $Scheduler)
    $busy = @(Get-ConnectBusyConnector)
    $module.Result.scheduler = $Scheduler
    $module.Result.busy_connectors = $busy
    $module.Result.idle = -not $Scheduler.sync_cycle_in_progress -and -not $busy.Count
    if ($Scheduler.sync_cycle_in_progress) { 'A cycle is in progress.' }
    elseif ($busy.Count) { "A run profile is in progress ($($busy -join ', '))." }
    else { 'No cycle is in progress.' }
}

if ($pollInterval -lt 1) { $module.FailJson('poll_interval must be 1 second or more.') }
if ($timeout -lt 1) { $module.FailJson('wait_timeout must be 1 second or more.') }
if ($module.Params.hold_wait -lt 0) { $module.FailJson('hold_wait must be 0 seconds or more.') }
if ($module.Params.max_hold -lt 60 -or $module.Params.max_hold -gt 14400) { $module.FailJson('max_hold must be 60 to 14400 seconds (4 hours).') }
if ($state -eq 'held' -and $module.Params.wait_for_cycle -and $timeout -gt $module.Params.max_hold) {
    $module.FailJson('wait_timeout must not be more than max_hold. Otherwise the hold ends while the task waits for a cycle.')
}
# They stand in the note, and in what other runs say of it.
foreach ($name in 'run', 'controller') {
    if ($module.Params.$name -and $module.Params.$name -notmatch '^[A-Za-z0-9._-]{1,100}\z') {
        $module.FailJson("$name must be 1 to 100 letters, digits, dots, dashes and underscores.")
    }
}
$interval = $null
if ($module.Params.custom_interval) {
    $span = [TimeSpan]::Zero
    # Written out, since TimeSpan also takes "3" for three days and "25:00:00" for 25 days.
    if ($module.Params.custom_interval -notmatch '^(\d{1,3}\.)?([01]?\d|2[0-3]):[0-5]?\d:[0-5]?\d$' -or
        -not [TimeSpan]::TryParse($module.Params.custom_interval, [Globalization.CultureInfo]::InvariantCulture, [ref]$span)) {
        $given = ConvertTo-VisibleText -Text $module.Params.custom_interval
        $module.FailJson("'$given' is not an interval; write HH:MM:SS such as 03:00:00, or D.HH:MM:SS such as 1.00:00:00.")
    }
    $interval = $span
    # facts §5: a delta synchronization within 7 days, else a full one is needed to repair what was missed.
    if ($interval -gt [TimeSpan]::FromDays(7)) {
        Stop-Module -Cause 'interval_too_long' -Message ("custom_interval $interval is longer than 7 days. Microsoft requires a delta " +
            'synchronization within 7 days. Set 7.00:00:00 or less.')
    }
}

try { Import-ConnectModule -Path $module.Params.module_path }
catch { Stop-Module -Message $_.Exception.Message -Cause 'no_module' }

try {
    $scheduler = Get-ConnectScheduler
    $note = Get-ConnectHoldNote
    $standing = Get-ConnectHoldStanding -Note $note -Run $run
    $before = Get-SchedulerOption -Scheduler $scheduler -Standing $standing
    $module.Result.before = $before
    $module.Result.after = $before
    $module.Result.hold = if ($before.state -eq 'held') { Get-HoldResult -Note $note } else { $null }
    $module.Result.ended_hold = $null
    $module.Result.seconds_waited = 0.0
    $doing = Set-Activity -Scheduler $scheduler
}
catch { Stop-ForFailure -ErrorRecord $_ -Action 'Reading the scheduler of Entra Connect' }

# TimeSpans, as the cmdlets give them; a scheduler that names no allowed interval sets no floor.
$allowed = if ($scheduler.allowed_sync_cycle_interval) { [TimeSpan]::Parse($scheduler.allowed_sync_cycle_interval) } else { [TimeSpan]::Zero }
if ($null -ne $interval -and $interval -lt $allowed) {
    Stop-Module -Cause 'interval_too_short' -Message ("custom_interval $interval is shorter than the $allowed that Entra ID allows. The scheduler " +
        "would use $allowed instead. Set $allowed or more.")
}

$wanted = [ordered]@{}
foreach ($name in $before.Keys) { $wanted[$name] = $before[$name] }
$setting = @{}
# A hold of another run is not released; to hold the scheduler, it is waited for.
$holds = $state -eq 'held'
$releases = $state -eq 'released' -and ($standing -in 'own', 'expired' -or ($module.Params.force -and $note))
if ($holds) { $wanted.state = 'held' }
elseif ($releases) { $wanted.state = 'released' }
if ($module.Params.next_policy_type -and $module.Params.next_policy_type -ne $before.next_policy_type) {
    $wanted.next_policy_type = $module.Params.next_policy_type
    $setting.NextSyncCyclePolicyType = @{ delta = 'Delta'; initial = 'Initial' }[$module.Params.next_policy_type]
}
if ($null -ne $interval -and "$interval" -ne $before.custom_interval) {
    $wanted.custom_interval = "$interval"
    $setting.CustomizedSyncCycleInterval = $interval
}

$told = foreach ($name in $before.Keys) {
    if ($wanted[$name] -ne $before[$name]) {
        $was = if ($null -eq $before[$name]) { 'none' } else { "$($before[$name])".ToLowerInvariant() }
        "$name from $was to $("$($wanted[$name])".ToLowerInvariant())"
    }
}
$told = @($told)
if ($holds -and $standing -in 'other', 'expired') { $told += "the hold of run $($note.run) to that of run $run" }
if ($scheduler.scheduler_suspended) {
    if ($told.Count) { Stop-Module -Message (Get-ConnectSuspendedAdvice) -Cause 'suspended' }
    $module.Warn((Get-ConnectSuspendedAdvice))
}
$module.Diff.before = $before
$module.Diff.after = $wanted
$module.Result.after = $wanted
$module.Result.changed = $told.Count -gt 0

$from = Get-ConnectClock
if (-not $module.CheckMode) {
    $module.Result.changed = $false
    $standing = $null
    $action = if ($holds) { 'Holding the scheduler' } elseif ($state) { 'Releasing the scheduler' } else { 'Set-ADSyncScheduler' }
    try {
        if ($holds) {
            $deadline = $from + $module.Params.hold_wait
            $hold = @{ Run = $run; Controller = $module.Params.controller; MaxHold = $module.Params.max_hold; PollInterval = $pollInterval }
            $got = Enter-ConnectHold @hold -Deadline $deadline
            $standing = if ($got.outcome -in 'taken', 'renewed') { 'own' } else { $got.outcome }
        }
        elseif ($state) { $got = Exit-ConnectHold -Run $run -Force $module.Params.force }
        if ($state) {
            $module.Result.ended_hold = Get-HoldResult -Note $got.ended
            $module.Result.hold = if ($standing -ne 'no_cycle_since') { Get-HoldResult -Note $got.note } else { $null }
            $module.Result.changed = $null -ne $got.ended -or $got.outcome -eq 'taken'
            $module.Result.seconds_waited = [math]::Round((Get-ConnectClock) - $from, 1)
        }
        if ($standing -in 'other', 'no_cycle_since') { Stop-ForHold -Standing $standing -Note $got.note }
        if ($setting.Count) { $null = Set-ADSyncScheduler @setting -ErrorAction Stop }
        $scheduler = Get-ConnectScheduler
        $after = Get-SchedulerOption -Scheduler $scheduler -Standing (Get-ConnectHoldStanding -Note (Get-ConnectHoldNote) -Run $run)
        $module.Result.after = $after
    }
    catch { Stop-ForFailure -ErrorRecord $_ -Action $action }
    $lost = @(foreach ($name in 'next_policy_type', 'custom_interval') { if ($wanted[$name] -notin $before[$name], $after[$name]) { $name } })
    if (@(foreach ($name in $before.Keys) { if ($before[$name] -ne $after[$name]) { $name } }).Count) { $module.Result.changed = $true }
    $module.Diff.after = $after
    if ($lost.Count) {
        Stop-Module -Cause 'not_kept' -Message ('Set-ADSyncScheduler reported success, but the server does not show the change of ' +
            "$($lost -join ', '). Check the " + 'Application event log of the server (sources ADSync and Directory Synchronization).')
    }
}

try {
    if ($module.Params.wait_for_cycle -and -not $module.CheckMode) {
        $idleFrom = Get-ConnectClock
        $idle = Wait-ConnectIdle -Deadline ($idleFrom + $timeout) -PollInterval $pollInterval
        if ($idle -and $holds -and $got.outcome -eq 'taken' -and $got.note.enabled) {
            # The scheduler may have decided to start a cycle just before it was disabled: it shows one look later.
            Wait-ConnectPoll -Seconds $pollInterval
            $idle = Wait-ConnectIdle -Deadline ($idleFrom + $timeout + $pollInterval) -PollInterval $pollInterval
        }
        if ($idle -and $holds) {
            # The wait was no part of the hold's time.
            $got = Enter-ConnectHold @hold -Deadline (Get-ConnectClock) -OnlyOwn
            $module.Result.hold = if ($got.outcome -ne 'no_cycle_since') { Get-HoldResult -Note $got.note } else { $null }
            if ($got.outcome -ne 'renewed') {
                Stop-Module -Cause 'hold_lost' -Message 'Somebody released the hold while this task waited for a cycle. Run the task again.'
            }
        }
        $module.Result.seconds_waited = [math]::Round((Get-ConnectClock) - $from, 1)
        $doing = Set-Activity -Scheduler (Get-ConnectScheduler)
        if (-not $idle) {
            $kept = if ($module.Result.changed) { 'The settings were changed and stay changed. ' } else { '' }
            Stop-Module -Cause 'timeout' -Message ("The cycle or run profile in progress on this server did not end within $timeout s and " +
                "still runs. $($kept)" + 'Raise wait_timeout, or run the task again.')
        }
    }
    else { $doing = Set-Activity -Scheduler $scheduler }
}
catch { Stop-ForFailure -ErrorRecord $_ -Action 'Reading the state of Entra Connect' }

$would = if ($module.CheckMode) { 'would be changed' } else { 'was changed' }
$first = if ($told.Count) { "The scheduler $($would): $($told -join ', ')." }
elseif ($state -eq 'released' -and $module.Result.hold) { 'The hold of another run is not changed.' }
else { 'The scheduler already has these settings.' }
$said = @($first)
if ($module.Result.ended_hold -and $module.Result.ended_hold.run -cne $run) {
    $said += "The hold of run $($module.Result.ended_hold.run) on $($module.Result.ended_hold.controller) was ended."
}
if ($module.Result.hold) { $said += Get-HoldText -Note $module.Result.hold }
$module.Result.msg = ConvertTo-VisibleText -Text "$($said -join ' ') $doing"
$module.ExitJson()
