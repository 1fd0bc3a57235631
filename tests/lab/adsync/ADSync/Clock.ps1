# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Part of the stand-in module ADSync: the lab's clock (lab.sync.clock) in place of the collection's. It stands still until
# somebody waits; then it moves by what was to be waited, and whoever waited goes on when the cycle pauses again or has ended.

Function Get-ConnectClock {
    [CmdletBinding()]
    [OutputType([double])]
    param ()
    [double](Read-LabFile -Name 'clock.json' -Default 0)
}

Function Test-LabRest {
    # Whether no detached cycle works at this moment.
    $process = Read-LabFile -Name 'process.json'
    if (-not $process -or -not (Test-Path -LiteralPath "/proc/$($process.pid)")) { return $true }
    $process.until -eq 'never' -or ($null -ne $process.until -and $process.until -gt (Get-ConnectClock))
}

Function Wait-ConnectPoll {
    [CmdletBinding()]
    param ([Parameter(Mandatory)][int] $Seconds)
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ((Read-LabFile -Name 'faults.json').clock -eq 'stopped') {
        if ($watch.Elapsed.TotalMinutes -gt 30) { throw [TimeoutException]::new('No test let the clock go on within 30 minutes.') }
        # For tests that kill a task while it waits, or let it go on when something else has happened.
        Write-LabFile -Name 'waiting.json' -Value $PID
        Start-Sleep -Milliseconds 20
    }
    $before = Get-ConnectClock
    Write-LabFile -Name 'clock.json' -Value ($before + $Seconds)
    # What the server does by itself in that time: its scheduled tasks, then its own cycles, if a test wants them.
    Start-LabDueTask
    $every = (Read-LabFile -Name 'faults.json').cycle_every
    $passed = $every -and [math]::Floor($before / $every) -lt [math]::Floor(($before + $Seconds) / $every)
    if ($passed -and (Read-LabFile -Name 'scheduler.json').SyncCycleEnabled) { $null = Start-LabCycle -Policy 'delta' }
    $watch.Restart()
    while (-not (Test-LabRest)) {
        if ($watch.Elapsed.TotalMinutes -gt 30) { throw [TimeoutException]::new("The lab's cycle did not come to rest within 30 minutes.") }
        Start-Sleep -Milliseconds 20
    }
}

Function Get-ServerAccount {
    # In place of the collection's own (_ConnectWindows), which only Windows can answer.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ()
    @{ name = 'CONTOSO\ansible'; system = $false }
}
