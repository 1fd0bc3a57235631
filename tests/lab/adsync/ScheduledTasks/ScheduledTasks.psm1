# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Stands in for the cmdlets of the Task Scheduler. Tasks are in tasks.json, in the folder that ADSYNC_LAB_STATE names:
# {name: {execute, argument, at (UTC), every (seconds), account, logon, result}}. Start-LabDueTask runs those whose time has
# come, as the service would: the stand-in of Wait-ConnectPoll calls it. A PowerShell of this system runs the argument as it stands.

Function Read-LabTask {
    $path = [IO.Path]::Combine($env:ADSYNC_LAB_STATE, 'tasks.json')
    if ([IO.File]::Exists($path)) { [IO.File]::ReadAllText($path) | ConvertFrom-Json -AsHashtable -DateKind String } else { @{} }
}

Function Write-LabTask {
    param ([hashtable] $Task)
    $path = [IO.Path]::Combine($env:ADSYNC_LAB_STATE, 'tasks.json')
    [IO.File]::WriteAllText("$path.ps", (ConvertTo-Json -InputObject $Task -Depth 4))
    [IO.File]::Move("$path.ps", $path, $true)
}

Function New-ScheduledTaskAction {
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string] $Execute, [string] $Argument)
    [pscustomobject]@{ Execute = $Execute; Arguments = $Argument }
}

Function New-ScheduledTaskTrigger {
    [CmdletBinding()]
    param ([Parameter(Mandatory)][switch] $Once, [Parameter(Mandatory)][DateTime] $At, [TimeSpan] $RepetitionInterval)
    [pscustomobject]@{ At = $At.ToUniversalTime(); Every = $RepetitionInterval.TotalSeconds }
}

Function New-ScheduledTaskPrincipal {
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][string] $UserId,
        [ValidateSet('None', 'Password', 'S4U', 'Interactive', 'Group', 'ServiceAccount', 'InteractiveOrPassword')][string] $LogonType,
        [ValidateSet('Limited', 'Highest')][string] $RunLevel
    )
    [pscustomobject]@{ UserId = $UserId; LogonType = $LogonType; RunLevel = $RunLevel }
}

Function New-ScheduledTaskSettingsSet {
    [CmdletBinding()]
    param ([switch] $StartWhenAvailable, [switch] $AllowStartIfOnBatteries, [switch] $DontStopIfGoingOnBatteries)
    [pscustomobject]$PSBoundParameters
}

Function Register-ScheduledTask {
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][string] $TaskName,
        [Parameter(Mandatory)][object] $Action,
        [Parameter(Mandatory)][object] $Trigger,
        [Parameter(Mandatory)][object] $Principal,
        [Parameter(Mandatory)][object] $Settings,
        [string] $Description,
        [switch] $Force
    )
    $faults = [IO.File]::ReadAllText([IO.Path]::Combine($env:ADSYNC_LAB_STATE, 'faults.json')) | ConvertFrom-Json
    if ($faults.cmdlets.'Register-ScheduledTask') { throw [UnauthorizedAccessException]::new('Access is denied.') }
    $tasks = Read-LabTask
    if ($tasks.Contains($TaskName) -and -not $Force) { throw [InvalidOperationException]::new('Cannot create a file when that file already exists.') }
    $tasks[$TaskName] = @{
        execute = $Action.Execute
        argument = $Action.Arguments
        at = $Trigger.At.ToString('s') + 'Z'
        every = $Trigger.Every
        account = $Principal.UserId
        logon = $Principal.LogonType
        result = $null
    }
    Write-LabTask -Task $tasks
    [pscustomobject]@{ TaskName = $TaskName; State = 'Ready' }
}

Function Unregister-ScheduledTask {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    param ([Parameter(Mandatory)][string] $TaskName)
    $tasks = Read-LabTask
    if (-not $tasks.Contains($TaskName)) {
        $problem = [InvalidOperationException]::new("No MSFT_ScheduledTask objects found with property 'TaskName' equal to '$TaskName'.")
        $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new($problem, 'CmdletizationQuery_NotFound', 'ObjectNotFound', $TaskName))
        return
    }
    if (-not $PSCmdlet.ShouldProcess($TaskName)) { return }
    $tasks.Remove($TaskName)
    Write-LabTask -Task $tasks
}

Function Start-LabDueTask {
    # The server's time is the real one and what the lab's clock has moved on.
    [CmdletBinding()]
    param ()
    $now = (Get-CimInstance -ClassName Win32_OperatingSystem).LocalDateTime.ToUniversalTime().ToString('s') + 'Z'
    $tasks = Read-LabTask
    foreach ($name in @($tasks.Keys)) {
        if ($tasks[$name].at -gt $now) { continue }
        $start = [Diagnostics.ProcessStartInfo]::new([IO.Path]::Combine($PSHOME, 'pwsh'), $tasks[$name].argument)
        $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        $said = $process.StandardOutput.ReadToEndAsync()
        $problem = $process.StandardError.ReadToEnd()
        $process.WaitForExit()
        $left = Read-LabTask
        if ($left.Contains($name)) {
            # It comes again, after its interval.
            $left[$name].result = "$($process.ExitCode) $($said.Result)$problem".Trim()
            $at = [DateTime]::Parse($now, [Globalization.CultureInfo]::InvariantCulture, 'RoundtripKind').AddSeconds($left[$name].every)
            $left[$name].at = $at.ToString('s') + 'Z'
            Write-LabTask -Task $left
        }
    }
}
