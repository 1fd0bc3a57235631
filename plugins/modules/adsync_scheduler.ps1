#!powershell

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._ADSync
#AnsibleRequires -PowerShell ..module_utils._ADSyncClock
#AnsibleRequires -PowerShell ..module_utils._ADSyncCycle
#AnsibleRequires -PowerShell ..module_utils._ADSyncRuns
#AnsibleRequires -PowerShell ..module_utils._ConnectText

$spec = @{
    options = @{
        custom_interval = @{ type = 'str' }
        enabled = @{ type = 'bool' }
        module_path = @{ type = 'path' }
        next_policy_type = @{ type = 'str'; choices = 'delta', 'initial' }
        poll_interval = @{ type = 'int'; default = 5 }
        wait_for_cycle = @{ type = 'bool'; default = $false }
        wait_timeout = @{ type = 'int'; default = 3600 }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$pollInterval = $module.Params.poll_interval
$timeout = $module.Params.wait_timeout

Function Stop-Module {
    # Ends the task as failed. The result says which kind of failure it is, so that a playbook can tell them apart.
    param ([string] $Message, [string] $Cause, [string] $Text)
    $module.Result.cause = $Cause
    $module.Result.error_text = if ($Text) { $Text } else { $null }
    $module.FailJson((ConvertTo-VisibleText -Text $Message))
}

Function Stop-ForFailure {
    param ([System.Management.Automation.ErrorRecord] $ErrorRecord, [string] $Action)
    $failure = Get-ConnectFailure -ErrorRecord $ErrorRecord -Action $Action
    Stop-Module -Message $failure.message -Cause $failure.cause -Text $failure.text
}

Function Get-SchedulerOption {
    # A scheduler's settings under the names of the options that make them.
    param ([System.Collections.IDictionary] $Scheduler)
    [ordered]@{
        enabled = $Scheduler.sync_cycle_enabled
        next_policy_type = $Scheduler.next_sync_cycle_policy_type
        custom_interval = $Scheduler.customized_sync_cycle_interval
    }
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
        Stop-Module -Cause 'interval_too_long' -Message ("custom_interval $interval is longer than 7 days, within which Microsoft asks for a delta " +
            'synchronization; set 7.00:00:00 or less.')
    }
}

try { Import-ConnectModule -Path $module.Params.module_path }
catch { Stop-Module -Message $_.Exception.Message -Cause 'no_module' }

try {
    $scheduler = Get-ConnectScheduler
    $before = Get-SchedulerOption -Scheduler $scheduler
    $module.Result.before = $before
    $module.Result.after = $before
    $module.Result.seconds_waited = 0.0
    $doing = Set-Activity -Scheduler $scheduler
}
catch { Stop-ForFailure -ErrorRecord $_ -Action 'Reading the scheduler of Entra Connect' }

# TimeSpans, as the cmdlets give them; a scheduler that names no allowed interval sets no floor.
$allowed = if ($scheduler.allowed_sync_cycle_interval) { [TimeSpan]::Parse($scheduler.allowed_sync_cycle_interval) } else { [TimeSpan]::Zero }
if ($null -ne $interval -and $interval -lt $allowed) {
    Stop-Module -Cause 'interval_too_short' -Message ("custom_interval $interval is shorter than the $allowed that Entra allows, which the scheduler " +
        "would use in its place; set $allowed or more.")
}

$wanted = [ordered]@{}
foreach ($name in $before.Keys) { $wanted[$name] = $before[$name] }
$setting = @{}
if ($null -ne $module.Params.enabled -and $module.Params.enabled -ne $before.enabled) {
    $wanted.enabled = $module.Params.enabled
    $setting.SyncCycleEnabled = $module.Params.enabled
}
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
if ($scheduler.scheduler_suspended) {
    if ($told.Count) { Stop-Module -Message (Get-ConnectSuspendedAdvice) -Cause 'suspended' }
    $module.Warn((Get-ConnectSuspendedAdvice))
}
$module.Diff.before = $before
$module.Diff.after = $wanted
$module.Result.after = $wanted

if ($told.Count -and -not $module.CheckMode) {
    try {
        $null = Set-ADSyncScheduler @setting -ErrorAction Stop
        $scheduler = Get-ConnectScheduler
        $module.Result.after = Get-SchedulerOption -Scheduler $scheduler
    }
    catch { Stop-ForFailure -ErrorRecord $_ -Action 'Set-ADSyncScheduler' }
    $lost = @(foreach ($name in $wanted.Keys) { if ($wanted[$name] -ne $module.Result.after[$name]) { $name } })
    $module.Result.changed = @(foreach ($name in $before.Keys) { if ($before[$name] -ne $module.Result.after[$name]) { $name } }).Count -gt 0
    $module.Diff.after = $module.Result.after
    if ($lost.Count) {
        Stop-Module -Cause 'not_kept' -Message ("Set-ADSyncScheduler reported success, but the server does not show it of $($lost -join ', '). See the " +
            'Application event log of the server (sources ADSync and Directory Synchronization).')
    }
}
elseif ($told.Count) { $module.Result.changed = $true }

try {
    if ($module.Params.wait_for_cycle -and -not $module.CheckMode) {
        $from = Get-ConnectClock
        $idle = Wait-ConnectIdle -Deadline ($from + $timeout) -PollInterval $pollInterval
        if ($idle -and $setting.ContainsKey('SyncCycleEnabled') -and -not $wanted.enabled) {
            # The scheduler may have decided to start a cycle just before it was disabled: it shows one look later.
            Wait-ConnectPoll -Seconds $pollInterval
            $idle = Wait-ConnectIdle -Deadline ($from + $timeout + $pollInterval) -PollInterval $pollInterval
        }
        $module.Result.seconds_waited = [math]::Round((Get-ConnectClock) - $from, 1)
        $doing = Set-Activity -Scheduler (Get-ConnectScheduler)
        if (-not $idle) {
            $kept = if ($module.Result.changed) { 'The settings were made and stay. ' } else { '' }
            Stop-Module -Cause 'timeout' -Message ("What was in progress on this server did not end within $timeout s and goes on. $($kept)" +
                'Raise wait_timeout, or run the task again.')
        }
    }
    else { $doing = Set-Activity -Scheduler $scheduler }
}
catch { Stop-ForFailure -ErrorRecord $_ -Action 'Reading the state of Entra Connect' }

$would = if ($module.CheckMode) { 'would be changed' } else { 'was changed' }
$state = if ($told.Count) { "The scheduler $($would): $($told -join ', ')." } else { 'The scheduler is as asked.' }
$module.Result.msg = ConvertTo-VisibleText -Text "$state $doing"
$module.ExitJson()
