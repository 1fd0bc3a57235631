# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: the note of a held scheduler in the server's registry, and the lock around it. Only
# administrators may write below HKLM\SOFTWARE. The note is data: nothing of it is run, or put into a command.
# The command of the task that ends a hold (_ADSyncHoldTask) names the same key, values and lock.

$script:Key = 'SOFTWARE\hybrid.identity\SchedulerHold'
$script:Lock = 'Global\hybrid.identity.SchedulerHold'
# Whoever has the lock makes a few calls and never waits for anything.
$script:LockSeconds = 60

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
    The note, or null where there is none. Its texts are visible ones and short.

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

Export-ModuleMember -Function Lock-ConnectHold, Unlock-ConnectHold, ConvertTo-ConnectMoment, Get-ConnectHoldNote, Save-ConnectHoldNote,
Clear-ConnectHoldNote
