# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: the clock of the adsync modules. They measure time and wait only through these two functions.
# The test lab replaces both, so that its tests never wait.

$script:Watch = [System.Diagnostics.Stopwatch]::StartNew()

Function Get-ConnectClock {
    <#
    .SYNOPSIS
    Seconds since an arbitrary moment, from a clock that only goes forward.
    #>
    [CmdletBinding()]
    [OutputType([double])]
    param ()

    $script:Watch.Elapsed.TotalSeconds
}

Function Wait-ConnectPoll {
    <#
    .SYNOPSIS
    Waits until it is time to look again.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][int] $Seconds)

    Start-Sleep -Seconds $Seconds
}

Export-ModuleMember -Function Get-ConnectClock, Wait-ConnectPoll
