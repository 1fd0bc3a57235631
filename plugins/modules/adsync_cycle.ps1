#!powershell

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._ADSync
#AnsibleRequires -PowerShell ..module_utils._ADSyncAdvice
#AnsibleRequires -PowerShell ..module_utils._ADSyncClock
#AnsibleRequires -PowerShell ..module_utils._ADSyncCycle
#AnsibleRequires -PowerShell ..module_utils._ADSyncErrors
#AnsibleRequires -PowerShell ..module_utils._ADSyncObjects
#AnsibleRequires -PowerShell ..module_utils._ADSyncResults
#AnsibleRequires -PowerShell ..module_utils._ADSyncRuns
#AnsibleRequires -PowerShell ..module_utils._ConnectText

$spec = @{
    options = @{
        fail_on_error = @{ type = 'bool'; default = $true }
        module_path = @{ type = 'path' }
        policy_type = @{ type = 'str'; choices = 'delta', 'initial'; default = 'delta' }
        poll_interval = @{ type = 'int'; default = 5 }
        timeout = @{ type = 'int'; default = 3600 }
        wait = @{ type = 'bool'; default = $true }
        when_busy = @{ type = 'str'; choices = 'wait', 'fail', 'skip'; default = 'wait' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$policyType = $module.Params.policy_type
$pollInterval = $module.Params.poll_interval
$timeout = $module.Params.timeout
$from = Get-ConnectClock

Function Get-Second {
    # How long the task has taken, to a tenth.
    [math]::Round((Get-ConnectClock) - $from, 1)
}

Function Stop-Module {
    # Ends the task as failed. The result says which kind of failure it is, so that a playbook can tell them apart.
    param ([string] $Message, [string] $Outcome, [string] $Cause, [string] $Text)
    $module.Result.outcome = $Outcome
    $module.Result.cause = $Cause
    $module.Result.error_text = if ($Text) { $Text } else { $null }
    $module.Result.seconds = Get-Second
    $module.FailJson((ConvertTo-VisibleText -Text $Message))
}

Function Complete-Module {
    param ([string] $Message, [string] $Outcome)
    $module.Result.outcome = $Outcome
    $module.Result.seconds = Get-Second
    $module.Result.msg = ConvertTo-VisibleText -Text $Message
    $module.ExitJson()
}

Function Stop-ForFailure {
    param ([System.Management.Automation.ErrorRecord] $ErrorRecord, [string] $Action)
    $failure = Get-ConnectFailure -ErrorRecord $ErrorRecord -Action $Action
    Stop-Module -Message $failure.message -Outcome 'refused' -Cause $failure.cause -Text $failure.text
}

if ($pollInterval -lt 1) { $module.FailJson('poll_interval must be 1 second or more.') }
if ($timeout -lt 1) { $module.FailJson('timeout must be 1 second or more.') }

try { Import-ConnectModule -Path $module.Params.module_path }
catch { Stop-Module -Message $_.Exception.Message -Outcome 'refused' -Cause 'no_module' }
$from = Get-ConnectClock
$deadline = $from + $timeout

try {
    $before = Get-ConnectScheduler
    $connectors = @(Get-ConnectConnector)
    $busy = @(Get-ConnectBusyConnector)
}
catch { Stop-ForFailure -ErrorRecord $_ -Action 'Reading the scheduler of Entra Connect' }

$module.Result.policy_type = $policyType
$module.Result.started = $null
$module.Result.scheduler = [ordered]@{ before = $before; after = $before }
$module.Result.exports = -not $before.staging_mode_enabled
$module.Result.plan = @(Get-ConnectPlan -Connector $connectors -PolicyType $policyType -Staging $before.staging_mode_enabled)
$module.Result.runs = @()
$module.Result.export_errors = @()
$module.Result.sync_errors = @()

if ($before.scheduler_suspended) {
    Stop-Module -Message (Get-ConnectSuspendedAdvice) -Outcome 'refused' -Cause 'suspended'
}
if ($before.staging_mode_enabled) {
    $module.Warn('This Entra Connect server is in staging mode. The cycle imports and synchronizes, but exports nothing to Entra ID or to ' +
        'Active Directory. To match users, run the cycle on the active server.')
}
if (-not $before.sync_cycle_enabled) {
    $module.Warn('The scheduler is disabled (SyncCycleEnabled is false), so only this cycle runs. To enable it, run ' +
        'Set-ADSyncScheduler -SyncCycleEnabled $true.')
}
if (-not $before.maintenance_enabled) {
    $module.Warn('Maintenance is disabled (MaintenanceEnabled is false), so the server does not renew its certificates and keys or purge its run history.')
}

$running = $before.sync_cycle_in_progress -or $busy.Count
$whatRuns = if ($before.sync_cycle_in_progress) { 'A cycle is in progress' } else { "A run profile is in progress ($($busy -join ', '))" }
if ($running -and $module.Params.when_busy -eq 'fail') {
    Stop-Module -Message "$whatRuns on this server. Wait until it has ended, or set when_busy to wait." -Outcome 'refused' -Cause 'busy'
}
if ($running -and $module.Params.when_busy -eq 'skip') {
    Complete-Module -Message "$whatRuns on this server, so no cycle was started." -Outcome 'skipped'
}
if ($module.CheckMode) {
    $module.Result.changed = $true
    $told = @($module.Result.plan | ForEach-Object { "'$($_.connector)' $($_.run_profile)" }) -join ', '
    $first = if ($running) { "$whatRuns; after it, a" } else { 'A' }
    $nothing = if ($before.staging_mode_enabled) { ' It would export nothing, because the server is in staging mode.' } else { '' }
    Complete-Module -Message "$first cycle of type $policyType would run: $told.$nothing" -Outcome 'planned'
}

# Start, and start again where somebody else was quicker; $timeout bounds it all.
$tooLong = @(
    "The cycle or run profile in progress on this server did not end within $timeout s, so no cycle was started."
    'It still runs. Raise timeout, or check it with adsync_info.'
) -join ' '
$known = @{}
while ($true) {
    try {
        if ($running -and -not (Wait-ConnectIdle -Deadline $deadline -PollInterval $pollInterval)) {
            Stop-Module -Message $tooLong -Outcome 'timeout' -Cause 'busy'
        }
        $before = Get-ConnectScheduler
        $module.Result.scheduler = [ordered]@{ before = $before; after = $before }
        $known = @{}
        foreach ($run in @(Get-ConnectRun)) { $known["$($run.RunHistoryId)"] = $true }
    }
    catch { Stop-ForFailure -ErrorRecord $_ -Action 'Reading the state of Entra Connect' }

    $started = [DateTime]::UtcNow
    try {
        $null = Start-ADSyncSyncCycle -PolicyType $policyType -ErrorAction Stop
        break
    }
    catch {
        $failure = Get-ConnectFailure -ErrorRecord $_ -Action 'Start-ADSyncSyncCycle'
        if ($failure.cause -eq 'busy' -and $module.Params.when_busy -eq 'skip') {
            Complete-Module -Message 'Another synchronization started at the same time, so no cycle was started.' -Outcome 'skipped'
        }
        if ($failure.cause -ne 'busy' -or $module.Params.when_busy -eq 'fail') {
            Stop-Module -Message $failure.message -Outcome 'refused' -Cause $failure.cause -Text $failure.text
        }
        if ((Get-ConnectClock) + $pollInterval -gt $deadline) {
            Stop-Module -Message $tooLong -Outcome 'timeout' -Cause 'busy' -Text $failure.text
        }
        $running = $true
        Wait-ConnectPoll -Seconds $pollInterval
    }
}

$module.Result.changed = $true
$module.Result.started = ConvertTo-ConnectTime -Time $started
$cycleFrom = Get-ConnectClock
if (-not $module.Params.wait) {
    Complete-Module -Message "A cycle of type $policyType was started. wait is false, so its result is unknown." -Outcome 'started'
}

try {
    $seen = Wait-ConnectCycle -Known $known -Before $before -Deadline $deadline -PollInterval $pollInterval
    $reported = @($seen.last.runs | ForEach-Object { ConvertTo-ConnectRun -Run $_ -Connector $connectors })
    $runs = @($reported | ForEach-Object { $_.run })
    $problems = @($reported | ForEach-Object { $_.errors })
    if ($problems.Count) { $problems = @(Add-ConnectObject -Problem $problems) }
}
catch { Stop-ForFailure -ErrorRecord $_ -Action 'The cycle was started and still runs; reading its progress' }

$module.Result.scheduler.after = $seen.last.scheduler
$module.Result.runs = $runs
$module.Result.export_errors = @($problems | Where-Object { $_.stage -eq 'export' })
$module.Result.sync_errors = @($problems | Where-Object { $_.stage -ne 'export' })

$untold = @($runs | Where-Object { $_.failures -and $_.connector -notin @($problems | ForEach-Object { $_.connector }) })
foreach ($run in $untold) {
    $which = ConvertTo-VisibleText -Text "'$($run.connector)' $($run.run_profile)"
    $module.Warn("$which failed on $($run.failures) objects that the run history does not name here. " +
        'See the Synchronization Service Manager. PowerShell 7 can lose these names; to get them, run the task in Windows PowerShell.')
}

if ($seen.state -eq 'absent') {
    $module.Result.changed = $false
    Stop-Module -Outcome 'refused' -Cause 'not_started' -Message ('Start-ADSyncSyncCycle reported success, but no cycle began: neither the scheduler ' +
        'nor the run history shows a cycle. Check the Application event log of the server (sources ADSync and Directory Synchronization).')
}
if ($seen.state -eq 'running') {
    $current = @($runs | Where-Object { $_.outcome -eq 'running' })
    $where = if ($current.Count) { " It is at '$($current[-1].connector)' $($current[-1].run_profile)." } else { '' }
    Stop-Module -Outcome 'timeout' -Cause 'timeout' -Message ("The cycle did not end within $timeout s.$where It still runs. Raise timeout, " +
        'or run the task again, which waits for it.')
}

$summary = Get-ConnectCycleSummary -PolicyType $policyType -Seconds ([math]::Round((Get-ConnectClock) - $cycleFrom, 1)) `
    -Run $runs -Problem $problems
if ($summary.outcome -eq 'errors' -and $module.Params.fail_on_error) {
    Stop-Module -Message $summary.message -Outcome 'errors' -Cause 'run_errors'
}
if ($summary.outcome -ne 'success') { $module.Warn((ConvertTo-VisibleText -Text $summary.message)) }
Complete-Module -Message $summary.message -Outcome $summary.outcome
