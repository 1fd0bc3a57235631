# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: what the adsync modules and entra_connect_info ask of the ADSync module of Entra
# Connect, and how they read its exceptions. Runs in Windows PowerShell 5.1. Names and properties of the cmdlets: facts §5.

# Where Entra Connect's set-up puts the module, for servers on which it is not found by name (facts §5: on DCs).
$script:InstalledModule = 'Microsoft Azure AD Sync\Bin\ADSync\ADSync.psd1'
$script:EntraConnectorId = 'b891884f-051e-4a83-95af-2544101c9083'

Function ConvertTo-ConnectTime {
    <#
    .SYNOPSIS
    A time in UTC as ISO 8601 to the second, or null. Times that do not say what they are count as UTC.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter()][AllowNull()][object] $Time)

    if ($null -eq $Time -or "$Time" -eq '') { return $null }
    $when = [DateTime]$Time
    if ($when.Year -le 1601) { return $null }
    if ($when.Kind -eq [DateTimeKind]::Local) { $when = $when.ToUniversalTime() }
    $when.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", [Globalization.CultureInfo]::InvariantCulture)
}

Function Import-ConnectModule {
    <#
    .SYNOPSIS
    Loads the ADSync module into the session.

    .PARAMETER Path
    The module's folder, .psd1 or .dll; without it, the name ADSync and then the folder of Entra Connect's set-up are tried.
    #>
    [CmdletBinding()]
    param ([Parameter()][AllowNull()][AllowEmptyString()][string] $Path)

    if ($Path) {
        if (-not (Test-Path -LiteralPath $Path)) {
            throw "There is no '$Path' on this host. Set module_path to the folder that contains ADSync.psd1, or remove module_path."
        }
        $candidates = @($Path)
    }
    else {
        $candidates = @('ADSync')
        if ($env:ProgramFiles) { $candidates += [IO.Path]::Combine($env:ProgramFiles, $script:InstalledModule) }
    }

    # PowerShell 7 may refuse a module of Windows PowerShell and then reaches it through one (facts §5).
    $ways = @(@{})
    if ($PSVersionTable.PSVersion.Major -ge 7 -and [Environment]::OSVersion.Platform -eq 'Win32NT') { $ways += @{ UseWindowsPowerShell = $true } }
    $problem = $null
    foreach ($attempt in @(foreach ($way in $ways) { foreach ($name in $candidates) { @{ Name = $name } + $way } })) {
        try {
            Import-Module @attempt -Global -ErrorAction Stop -Verbose:$false
        }
        catch {
            # The first failure is kept: it says why, where later ones only say that a folder is not there.
            if (-not $problem) { $problem = $_.Exception.Message }
        }
        if (Get-Command -Name Start-ADSyncSyncCycle -ErrorAction SilentlyContinue) { return }
    }
    $because = if ($problem) { " ($problem)" } else { '' }
    throw ("The PowerShell module ADSync cannot be loaded on this host$because. Run the task on the Entra Connect server, " +
        "for example with delegate_to, or set module_path to the folder that contains ADSync.psd1.")
}

Function Get-ConnectScheduler {
    <#
    .SYNOPSIS
    The scheduler's settings and state as a dictionary in snake_case.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param ()

    $raw = Get-ADSyncScheduler -ErrorAction Stop
    $interval = { param ($value) if ($null -eq $value -or "$value" -eq '') { $null } else { "$value" } }
    [ordered]@{
        sync_cycle_enabled = [bool]$raw.SyncCycleEnabled
        sync_cycle_in_progress = [bool]$raw.SyncCycleInProgress
        scheduler_suspended = [bool]$raw.SchedulerSuspended
        staging_mode_enabled = [bool]$raw.StagingModeEnabled
        maintenance_enabled = [bool]$raw.MaintenanceEnabled
        next_sync_cycle_policy_type = "$($raw.NextSyncCyclePolicyType)".ToLowerInvariant()
        next_sync_cycle_start_time = ConvertTo-ConnectTime -Time $raw.NextSyncCycleStartTimeInUTC
        allowed_sync_cycle_interval = & $interval $raw.AllowedSyncCycleInterval
        currently_effective_sync_cycle_interval = & $interval $raw.CurrentlyEffectiveSyncCycleInterval
        customized_sync_cycle_interval = & $interval $raw.CustomizedSyncCycleInterval
        purge_run_history_interval = & $interval $raw.PurgeRunHistoryInterval
    }
}

Function Get-ConnectConnector {
    <#
    .SYNOPSIS
    The connectors, those to Active Directory first: name, identifier, type, and kind (ad, entra, other).
    #>
    [CmdletBinding()]
    param ()

    $all = foreach ($connector in @(Get-ADSyncConnector -ErrorAction Stop)) {
        $type = "$($connector.Type)"
        $kind = 'other'
        if ("$($connector.Identifier)" -eq $script:EntraConnectorId) { $kind = 'entra' }
        # The identifier is documented (facts §5); the name and the type are what older servers show.
        elseif ($type -eq 'Extensible2' -and "$($connector.Name)" -like '* - AAD') { $kind = 'entra' }
        elseif ($type -eq 'AD') { $kind = 'ad' }
        [ordered]@{ name = "$($connector.Name)"; identifier = "$($connector.Identifier)"; type = $type; kind = $kind }
    }
    foreach ($kind in 'ad', 'other', 'entra') {
        foreach ($one in @($all)) { if ($one -and $one.kind -eq $kind) { $one } }
    }
}

Function Get-ConnectSetting {
    <#
    .SYNOPSIS
    The server's global settings as a dictionary of texts.

    .DESCRIPTION
    Microsoft documents this cmdlet, Name and Value, and of the names Microsoft.Synchronize.ServerConfigurationVersion (support
    article "Microsoft Entra Connect is not working correctly after an automatic upgrade"); the others are seen in use (facts §2).
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ()

    $settings = @{}
    foreach ($parameter in @((Get-ADSyncGlobalSettings -ErrorAction Stop).Parameters)) {
        if ($parameter -and "$($parameter.Name)") { $settings["$($parameter.Name)"] = "$($parameter.Value)" }
    }
    $settings
}

Function Get-ConnectSourceAnchor {
    <#
    .SYNOPSIS
    The AD attribute that the server makes ImmutableIds from, in the server's spelling, or null where its settings do not name one.

    .PARAMETER Setting
    What Get-ConnectSetting gives.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][hashtable] $Setting)

    $name = $Setting['Microsoft.SynchronizationOption.AnchorAttribute']
    if ($name) { $name } else { $null }
}

Function Get-ConnectFiltering {
    <#
    .SYNOPSIS
    Which objects of Active Directory the server synchronises: one entry for each selected partition of an AD connector, with the
    distinguished names of its included and excluded containers, and of the group whose members alone it takes (null: all objects).

    .DESCRIPTION
    Which names mean what is read from Microsoft's own diagnostic script on the server (facts §19 "Who is exported").

    .PARAMETER Setting
    What Get-ConnectSetting gives.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][hashtable] $Setting)

    $byGroup = $Setting['Microsoft.OptionalFeature.GroupFiltering'] -eq 'True'
    foreach ($connector in @(Get-ADSyncConnector -ErrorAction Stop)) {
        if (-not $connector -or "$($connector.Type)" -ne 'AD') { continue }
        $partitions = @($connector.Partitions | Where-Object { $_ })
        if (-not $partitions.Count) { throw "The server does not show the partitions of '$($connector.Name)'." }
        $group = if ($byGroup) { "$($connector.GlobalParameters['Connector.GroupFilteringGroupDn'].Value)" }
        foreach ($partition in @($partitions | Where-Object { $_.Selected })) {
            [ordered]@{
                connector = "$($connector.Name)"
                partition = "$($partition.DN)"
                included = @($partition.ConnectorPartitionScope.ContainerInclusionList | Where-Object { $_ } | ForEach-Object { "$_" })
                excluded = @($partition.ConnectorPartitionScope.ContainerExclusionList | Where-Object { $_ } | ForEach-Object { "$_" })
                group = if ($group) { $group } else { $null }
            }
        }
    }
}

Function Get-ConnectBusyConnector {
    <#
    .SYNOPSIS
    The names of connectors that run a profile this moment. Empty between the steps of a cycle, too (facts §5).
    #>
    [CmdletBinding()]
    param ()

    foreach ($status in @(Get-ADSyncConnectorRunStatus -ErrorAction Stop)) {
        if ($status -and "$($status.RunState)" -eq 'Busy') { "$($status.ConnectorName)" }
    }
}

Function Get-ConnectFailure {
    <#
    .SYNOPSIS
    Says what an exception of an ADSync cmdlet means: cause, message (with what to do next) and text (all it said).

    .DESCRIPTION
    Windows may be in any language, so the scheduler's state is asked before the text is read, and the stack's type names,
    which are never translated, count as much as the text.
    #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param (
        [Parameter(Mandatory)][System.Management.Automation.ErrorRecord] $ErrorRecord,
        [Parameter(Mandatory)][string] $Action
    )

    $parts = @()
    $stack = ''
    $seen = $ErrorRecord.Exception
    while ($seen) {
        $parts += $seen.Message.Trim()
        $stack += "$($seen.StackTrace)`n"
        $seen = $seen.InnerException
    }
    $text = (@($parts | Select-Object -Unique) -join ' ---> ')
    $everything = "$text`n$stack"

    $scheduler = $null
    $busy = @()
    try {
        $scheduler = Get-ConnectScheduler
        $busy = @(Get-ConnectBusyConnector)
    }
    catch {
        # The server that refused the action may refuse this too; then the text has to do.
        $scheduler = $null
    }

    $cause = 'unknown'
    $advice = "$Action failed: $text"
    if ($everything -match 'System\.Windows\.Forms|modal dialog box or form') {
        $cause = 'authentication'
        $advice = @(
            'Entra Connect could not sign in to Entra ID. It tried to show a sign-in window ("Showing a modal dialog box..."),'
            'but a service cannot do this. New terms of use, a Conditional Access policy, MFA or an expired password block its account.'
            'Exempt or repair the account, or run the Entra Connect wizard on the server once and sign in. Then run the task again.'
        ) -join ' '
    }
    elseif ($ErrorRecord.Exception -is [System.UnauthorizedAccessException]) {
        $cause = 'access_denied'
        $advice = "$Action was refused ($text). Run the task as an administrator of the Entra Connect server."
    }
    elseif (($scheduler -and $scheduler.scheduler_suspended) -or $text -match 'Scheduler is already suspended') {
        $cause = 'suspended'
        $advice = Get-ConnectSuspendedAdvice
    }
    elseif (($scheduler -and $scheduler.sync_cycle_in_progress) -or $busy.Count -or $text -match 'Connector: .+ is busy|Sync is already running') {
        $cause = 'busy'
        $who = if ($busy.Count) { " ($($busy -join ', '))" } else { '' }
        $advice = "Another synchronization is running on this server$who. Wait until it has ended, or set when_busy to wait."
    }
    [ordered]@{
        cause = $cause
        message = ConvertTo-VisibleText -Text $advice
        text = ConvertTo-VisibleText -Text $text
        type = $ErrorRecord.Exception.GetType().FullName
    }
}

Function Get-ConnectSuspendedAdvice {
    <#
    .SYNOPSIS
    What to do about a suspended scheduler (facts §5: setting SchedulerSuspended by hand is not supported).
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ()

    "The scheduler is suspended. This is the case while the Entra Connect wizard is open on the server. Finish or close the wizard, " +
    "and run the task again. If no wizard is open, open it and close it to resume the scheduler."
}

Export-ModuleMember -Function ConvertTo-ConnectTime, Import-ConnectModule, Get-ConnectScheduler, Get-ConnectConnector,
Get-ConnectSetting, Get-ConnectSourceAnchor, Get-ConnectFiltering, Get-ConnectBusyConnector, Get-ConnectFailure, Get-ConnectSuspendedAdvice
