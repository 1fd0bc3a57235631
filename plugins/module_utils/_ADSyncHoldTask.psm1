# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: the scheduled task that ends a hold whose run did not.
# It runs as the account that made the hold, which has just used the same cmdlets; whether SYSTEM may use them, no source
# says (facts §5). S4U keeps no password.

$script:TaskName = 'hybrid.identity release of the Entra Connect scheduler'
$script:PowerShell = '%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe'
# Until it has worked: the service ADSync may be stopped, or the wizard open.
$script:RetryMinutes = 15
# The same text for each hold. It reads the note and runs nothing of it, and it ends no hold before its time: the task may
# have started when its run released the scheduler and the next run took it. Without double quotes, which enclose it.
$script:Command = @'
$ErrorActionPreference = 'Stop'
$registry = @{ Namespace = 'root/cimv2'; ClassName = 'StdRegProv' }
$key = @{ hDefKey = [uint32]2147483650; sSubKeyName = 'SOFTWARE\hybrid.identity\SchedulerHold' }
$read = { param ($name) (Invoke-CimMethod @registry -MethodName GetStringValue -Arguments ($key + @{ sValueName = $name })).sValue }
$mutex = New-Object -TypeName System.Threading.Mutex -ArgumentList $false, 'Global\hybrid.identity.SchedulerHold'
try { $got = $mutex.WaitOne(60000) } catch [System.Threading.AbandonedMutexException] { $got = $true }
if (-not $got) { exit 1 }
$now = ([DateTime](Get-CimInstance -Namespace root/cimv2 -ClassName Win32_OperatingSystem).LocalDateTime).ToUniversalTime().ToString('s') + 'Z'
$expires = & $read 'expires'
if ($expires -and -not (& $read 'released')) {
if ($now -lt $expires) { exit 0 }
if ((& $read 'enabled') -eq 'true') {
try { Import-Module -Name ADSync } catch { Import-Module -Name ($env:ProgramFiles + '\Microsoft Azure AD Sync\Bin\ADSync\ADSync.psd1') }
$null = Set-ADSyncScheduler -SyncCycleEnabled $true
if (-not (Get-ADSyncScheduler).SyncCycleEnabled) { exit 1 }
}
$null = Invoke-CimMethod @registry -MethodName SetStringValue -Arguments ($key + @{ sValueName = 'released'; sValue = $now })
}
Unregister-ScheduledTask -TaskName 'hybrid.identity release of the Entra Connect scheduler' -Confirm:$false
'@

Function Register-ConnectHoldTask {
    <#
    .SYNOPSIS
    Has the server end the hold at that time (UTC), in place of the time of an earlier hold.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][DateTime] $Expires)

    $oneLine = ($script:Command -split '\r?\n') -join '; ' -replace '\{; ', '{ '
    $action = New-ScheduledTaskAction -Execute $script:PowerShell -Argument "-NoProfile -NonInteractive -Command `"$oneLine`""
    $repetition = New-TimeSpan -Minutes $script:RetryMinutes
    $trigger = New-ScheduledTaskTrigger -Once -At $Expires.ToLocalTime() -RepetitionInterval $repetition
    $account = Get-ServerAccount
    $logon = if ($account.system) { 'ServiceAccount' } else { 'S4U' }
    $principal = New-ScheduledTaskPrincipal -UserId $account.name -LogonType $logon -RunLevel Highest
    # Also after a reboot, and on a server that runs on batteries.
    $settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
    $task = @{
        TaskName = $script:TaskName
        Description = 'Enables the scheduler of Entra Connect if the run that holds it has not done so in time.'
        Action = $action
        Trigger = $trigger
        Principal = $principal
        Settings = $settings
    }
    $null = Register-ScheduledTask @task -Force -ErrorAction Stop
}

Function Unregister-ConnectHoldTask {
    <#
    .SYNOPSIS
    Removes the task. One that stays ends no later hold before its time, and removes itself when it runs.
    #>
    [CmdletBinding()]
    param ()

    Unregister-ScheduledTask -TaskName $script:TaskName -Confirm:$false -ErrorAction SilentlyContinue
}

Export-ModuleMember -Function Register-ConnectHoldTask, Unregister-ConnectHoldTask
