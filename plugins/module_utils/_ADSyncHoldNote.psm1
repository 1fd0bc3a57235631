# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: what the server knows of a held scheduler: a note in its registry with a lock around it,
# and a scheduled task that ends a hold whose run did not. Only administrators may write below HKLM\SOFTWARE. The note is
# data: nothing of it is run, or put into a command.

$script:Key = 'SOFTWARE\hybrid.identity\SchedulerHold'
$script:Lock = 'Global\hybrid.identity.SchedulerHold'
# Whoever has the lock makes a few calls and never waits for anything.
$script:LockSeconds = 60

$script:TaskName = 'hybrid.identity release of the Entra Connect scheduler'
$script:PowerShell = '%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe'
# Until it has worked: the service ADSync may be stopped, or the wizard open.
$script:RetryMinutes = 15
# The same text for each hold, with the key and the lock of above. It reads the note and runs nothing of it, and it ends no
# hold before its time: the task may have started when its run released the scheduler and the next run took it. Without
# double quotes, which enclose it.
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

Function Lock-ConnectHold {
    <#
    .SYNOPSIS
    Lets no other process of the server change the hold. Returns what Unlock-ConnectHold takes.
    #>
    [CmdletBinding()]
    [OutputType([System.Threading.Mutex])]
    param ()

    $mutex = New-Object -TypeName System.Threading.Mutex -ArgumentList $false, $script:Lock
    # Who had it was killed: the system hands it on.
    try { $got = $mutex.WaitOne($script:LockSeconds * 1000) } catch [System.Threading.AbandonedMutexException] { $got = $true }
    if (-not $got) {
        $mutex.Dispose()
        throw "Another process has been changing the hold of the scheduler for $($script:LockSeconds) s. Run the task again."
    }
    $mutex
}

Function Unlock-ConnectHold {
    <#
    .SYNOPSIS
    Gives the lock back.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][System.Threading.Mutex] $Mutex)

    $Mutex.ReleaseMutex()
    $Mutex.Dispose()
}

Function ConvertTo-ConnectMoment {
    <#
    .SYNOPSIS
    A time of the server (UTC) as the note spells it. Two of them compare as texts.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][DateTime] $Time)

    $Time.ToString('s') + 'Z'
}

Function Get-ConnectHoldNote {
    <#
    .SYNOPSIS
    The note, or null if there is none. Its texts are visible ones and short.

    .DESCRIPTION
    run, controller: who holds the scheduler. since, expires: from when, and until when at the latest. enabled: whether the
    scheduler was enabled before. last_run: the newest run of the history then. released: when the hold was ended after its
    time; null while it is in force.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param ()

    $note = [ordered]@{}
    foreach ($name in 'run', 'controller', 'since', 'expires', 'enabled', 'last_run', 'released') {
        $note[$name] = Get-ServerRegistryText -Key $script:Key -Name $name
        if ($null -ne $note[$name]) { $note[$name] = ConvertTo-VisibleText -Text $note[$name] -Longest 200 }
    }
    # It is written last: without it, the scheduler has not been disabled yet.
    if (-not $note.expires) { return $null }
    # A time that nobody can read is over.
    if ($note.expires -notmatch '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$') { $note.expires = '0001-01-01T00:00:00Z' }
    $note.enabled = $note.enabled -eq 'true'
    $note
}

Function Save-ConnectHoldNote {
    <#
    .SYNOPSIS
    Writes values of the note, in the order of the dictionary.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][System.Collections.IDictionary] $Value)

    Save-ServerRegistryText -Key $script:Key -Value $Value
}

Function Clear-ConnectHoldNote {
    <#
    .SYNOPSIS
    Removes the note.
    #>
    [CmdletBinding()]
    param ()

    Clear-ServerRegistryKey -Key $script:Key
}

Function Register-ConnectHoldTask {
    <#
    .SYNOPSIS
    Has the server end the hold at that time (UTC), in place of the time of an earlier hold.

    .DESCRIPTION
    The task runs as the account that made the hold, which has just used the same cmdlets; whether SYSTEM may use them, no
    source says (facts §5). S4U keeps no password.
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

Export-ModuleMember -Function Lock-ConnectHold, Unlock-ConnectHold, ConvertTo-ConnectMoment, Get-ConnectHoldNote, Save-ConnectHoldNote,
Clear-ConnectHoldNote, Register-ConnectHoldTask, Unregister-ConnectHoldTask
