# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: holding the scheduler of Entra Connect for a run, and releasing it. The hold is also the
# lock between two runs. Its note and the task that ends it are made before the scheduler is disabled: whenever a run is
# killed, the server knows what to do.

Function Switch-ConnectScheduler {
    <#
    .SYNOPSIS
    Enables or disables the scheduler. Raises if the server does not keep it, with the cause not_kept in the exception's data.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][bool] $Enabled)

    if ((Get-ConnectScheduler).sync_cycle_enabled -eq $Enabled) { return }
    $null = Set-ADSyncScheduler -SyncCycleEnabled $Enabled -ErrorAction Stop
    if ((Get-ConnectScheduler).sync_cycle_enabled -eq $Enabled) { return }
    $text = 'Set-ADSyncScheduler reported success, but the server does not show the change. Check the Application event log of the server ' +
    '(sources ADSync and Directory Synchronization).'
    $problem = New-Object -TypeName System.InvalidOperationException -ArgumentList $text
    $problem.Data['cause'] = 'not_kept'
    throw $problem
}

Function Test-ConnectCycleSince {
    <#
    .SYNOPSIS
    Whether a cycle has ended since a run of the history: an export to Entra that came after it is complete.
    #>
    [CmdletBinding()]
    [OutputType([bool])]
    param ([Parameter(Mandatory)][AllowEmptyString()][string] $Run)

    $entra = @(Get-ConnectConnector | Where-Object { $_.kind -eq 'entra' } | ForEach-Object { $_.name })
    $found = $false
    foreach ($one in @(Get-ConnectRun)) {
        # Where the history was purged, all of it is newer.
        if ("$($one.RunHistoryId)" -eq $Run) { $found = $false }
        elseif ($one.IsRunComplete -and "$($one.RunProfileName)" -eq 'Export' -and "$($one.ConnectorName)" -in $entra) { $found = $true }
    }
    $found
}

Function Get-ConnectHoldStanding {
    <#
    .SYNOPSIS
    What the note is to a run: free, own, other, expired, or no_cycle_since: its hold was ended after its time, and no cycle
    has ended since.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter()][AllowNull()][System.Collections.IDictionary] $Note, [Parameter()][AllowNull()][AllowEmptyString()][string] $Run)

    if (-not $Note) { return 'free' }
    if ($Note.released) {
        # A scheduler that was disabled before the hold runs no cycle.
        if (-not $Note.enabled -or (Test-ConnectCycleSince -Run "$($Note.last_run)")) { return 'free' }
        return 'no_cycle_since'
    }
    if ($Run -and $Note.run -ceq $Run) { return 'own' }
    if ($Note.expires -le (ConvertTo-ConnectMoment -Time (Get-ServerTime))) { return 'expired' }
    'other'
}

Function Get-NewestRun {
    "$(@(Get-ConnectRun -Number 1 | ForEach-Object { $_.RunHistoryId })[0])"
}

Function Open-Hold {
    # Writes the note, then makes the task, then disables the scheduler. Returns the note.
    param ([string] $Run, [string] $Controller, [int] $MaxHold)
    $now = Get-ServerTime
    $expires = $now.AddSeconds($MaxHold)
    Clear-ConnectHoldNote
    $note = [ordered]@{ run = $Run; controller = $Controller; since = ConvertTo-ConnectMoment -Time $now }
    $note.enabled = "$((Get-ConnectScheduler).sync_cycle_enabled)".ToLowerInvariant()
    $note.last_run = Get-NewestRun
    $note.expires = ConvertTo-ConnectMoment -Time $expires
    try {
        Save-ConnectHoldNote -Value $note
        Register-ConnectHoldTask -Expires $expires
        Switch-ConnectScheduler -Enabled $false
    }
    catch {
        # If the scheduler is as it was, nothing is left behind. If that cannot be seen, the task puts it right.
        $problem = $_
        $left = try { "$((Get-ConnectScheduler).sync_cycle_enabled)" -ne $note.enabled } catch { $true }
        if (-not $left) {
            Unregister-ConnectHoldTask
            Clear-ConnectHoldNote
        }
        throw $problem
    }
    Get-ConnectHoldNote
}

Function Resume-Hold {
    # Gives a run's own hold its whole time again.
    param ([System.Collections.IDictionary] $Note, [int] $MaxHold)
    $expires = (Get-ServerTime).AddSeconds($MaxHold)
    Register-ConnectHoldTask -Expires $expires
    $enabled = $Note.enabled -or (Get-ConnectScheduler).sync_cycle_enabled
    $value = [ordered]@{ enabled = "$enabled".ToLowerInvariant(); last_run = Get-NewestRun; expires = ConvertTo-ConnectMoment -Time $expires }
    Save-ConnectHoldNote -Value $value
    Switch-ConnectScheduler -Enabled $false
    Get-ConnectHoldNote
}

Function Close-Hold {
    # Enables the scheduler if it was enabled before, and removes the note, or keeps it as one of a hold that was ended after its time.
    param ([System.Collections.IDictionary] $Note, [bool] $Expired)
    if ($Note.enabled) { Switch-ConnectScheduler -Enabled $true }
    if ($Expired) { Save-ConnectHoldNote -Value @{ released = ConvertTo-ConnectMoment -Time (Get-ServerTime) } }
    else { Clear-ConnectHoldNote }
    Unregister-ConnectHoldTask
}

Function Enter-ConnectHold {
    <#
    .SYNOPSIS
    Holds the scheduler for a run, or gives its own hold its whole time again, and waits while another run holds it.

    .DESCRIPTION
    Returns outcome (taken, renewed, other, no_cycle_since), note (as it is then) and ended (the note of an expired hold that
    was released, or null).

    .PARAMETER Deadline
    The reading of Get-ConnectClock at which the time to wait is up.

    .PARAMETER OnlyOwn
    Takes no new hold; the outcome may be free then.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param (
        [Parameter(Mandatory)][string] $Run,
        [Parameter(Mandatory)][string] $Controller,
        [Parameter(Mandatory)][int] $MaxHold,
        [Parameter(Mandatory)][double] $Deadline,
        [Parameter(Mandatory)][int] $PollInterval,
        [Parameter()][switch] $OnlyOwn
    )

    $ended = $null
    while ($true) {
        $mutex = Lock-ConnectHold
        try {
            $note = Get-ConnectHoldNote
            $standing = Get-ConnectHoldStanding -Note $note -Run $Run
            if ($standing -eq 'expired') {
                Close-Hold -Note $note -Expired $true
                $ended = $note
                $note = Get-ConnectHoldNote
                $standing = Get-ConnectHoldStanding -Note $note -Run $Run
            }
            if ($standing -eq 'own') { return @{ outcome = 'renewed'; note = Resume-Hold -Note $note -MaxHold $MaxHold; ended = $ended } }
            if ($standing -eq 'free' -and -not $OnlyOwn) {
                return @{ outcome = 'taken'; note = Open-Hold -Run $Run -Controller $Controller -MaxHold $MaxHold; ended = $ended }
            }
        }
        finally { Unlock-ConnectHold -Mutex $mutex }
        if ((Get-ConnectClock) + $PollInterval -gt $Deadline) { return @{ outcome = $standing; note = $note; ended = $ended } }
        Wait-ConnectPoll -Seconds $PollInterval
    }
}

Function Exit-ConnectHold {
    <#
    .SYNOPSIS
    Releases the hold of a run, an expired one, or with Force whoever's hold it is.

    .DESCRIPTION
    Returns note (of a hold that is in force still, or null) and ended (the note of the hold that was released, or null).
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([Parameter()][AllowNull()][AllowEmptyString()][string] $Run, [Parameter()][bool] $Force)

    $mutex = Lock-ConnectHold
    try {
        $note = Get-ConnectHoldNote
        if (-not $note) { return @{ note = $null; ended = $null } }
        if ($note.released) {
            # Somebody decides that the next hold need not wait for a cycle.
            if ($Force) { Clear-ConnectHoldNote }
            return @{ note = $null; ended = $null }
        }
        $standing = Get-ConnectHoldStanding -Note $note -Run $Run
        if ($standing -eq 'other' -and -not $Force) { return @{ note = $note; ended = $null } }
        Close-Hold -Note $note -Expired ($standing -eq 'expired' -and -not $Force)
        @{ note = $null; ended = $note }
    }
    finally { Unlock-ConnectHold -Mutex $mutex }
}

Export-ModuleMember -Function Get-ConnectHoldStanding, Enter-ConnectHold, Exit-ConnectHold
