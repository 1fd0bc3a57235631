# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: how Entra Connect is installed and set up: reads it of the ADSync module and judges it.
# Every reading is a Get-ConnectReading; what ADSync does not tell is unknown. Names and rules: facts §2, §5, §8.

# Older versions stopped on 30 September 2026 (facts §8).
$script:Floor = [version]'2.5.79.0'
$script:InWindowsPowerShell = 'PowerShell 7 might not receive it from Windows PowerShell. Run the task in Windows PowerShell instead.'

Function Get-ConnectForest {
    # The forest of each AD connector by its identifier; the parameter's name is seen in use, not documented.
    $forests = @{}
    foreach ($connector in @(Get-ADSyncConnector -ErrorAction Stop)) {
        foreach ($parameter in @($connector.ConnectivityParameters)) {
            if ($parameter -and "$($parameter.Name)" -eq 'forest-name' -and "$($parameter.Value)") {
                $forests["$($connector.Identifier)"] = "$($parameter.Value)"
            }
        }
    }
    $forests
}

Function Get-ConnectHashSync {
    # Whether password hashes are synchronized, by AD connector. The cmdlet is documented, its property Enabled is seen in use.
    param ([object[]] $Connector)
    $state = [ordered]@{}
    foreach ($one in $Connector) {
        $answer = @(Get-ADSyncAADPasswordSyncConfiguration -SourceConnector $one.name -ErrorAction Stop)
        if (-not $answer.Count -or $null -eq $answer[0].Enabled) { throw "The server does not show whether '$($one.name)' synchronizes password hashes." }
        $state[$one.name] = "$($answer[0].Enabled)" -eq 'True'
    }
    $state
}

Function Get-ConnectSetup {
    <#
    .SYNOPSIS
    Readings of the ADSync module: scheduler, connectors, settings, filtering, hashes, upgrade, identity.

    .PARAMETER Load
    The reading of Import-ConnectModule. Where it failed, all of these have its problem.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([Parameter(Mandatory)][hashtable] $Load)

    $names = 'scheduler', 'connectors', 'settings', 'filtering', 'hashes', 'upgrade', 'identity'
    if ($Load.problem) {
        $none = @{}
        foreach ($name in $names) { $none[$name] = @{ value = $null; problem = $Load.problem } }
        return $none
    }
    $connectors = Get-ConnectReading {
        $forests = (Get-ConnectReading { Get-ConnectForest }).value
        foreach ($one in @(Get-ConnectConnector)) {
            $one.forest = if ($forests -and $forests[$one.identifier]) { $forests[$one.identifier] } else { $null }
            $one
        }
    }
    if (-not $connectors.problem) { $connectors.value = @($connectors.value | Where-Object { $_ }) }
    $ad = @($connectors.value | Where-Object { $_ -and $_.kind -eq 'ad' })
    $settings = Get-ConnectReading { Get-ConnectSetting }
    @{
        scheduler = Get-ConnectReading { Get-ConnectScheduler }
        connectors = $connectors
        settings = $settings
        filtering = if ($settings.problem) { $settings } else { Get-ConnectReading { @(Get-ConnectFiltering -Setting $settings.value) } }
        hashes = if ($connectors.problem) { $connectors } else { Get-ConnectReading { Get-ConnectHashSync -Connector $ad } }
        upgrade = Get-ConnectReading { "$(Get-ADSyncAutoUpgrade -ErrorAction Stop)" }
        identity = Get-ConnectReading { "$((Get-ADSyncEntraConnectorCredential -ErrorAction Stop).ConnectorIdentityType)" }
    }
}

Function Get-VersionItem {
    param ([hashtable] $Program, [object] $Installed, [string] $Configuration)
    $text = if ($Program.value) { $Program.value.version } else { $Configuration }
    $version = $text -as [version]
    $item = @{ Name = 'version'; Group = 'connect'; Value = $text }
    $get = 'Install the newest version from the Entra admin center (Entra Connect > Get started).'
    if ($Installed -eq $false) {
        return New-ConnectUnknown -Name version -Group connect -What 'The version' -Problem 'Entra Connect is not installed.' -Advice $get
    }
    if (-not $version) { return New-ConnectUnknown -Name version -Group connect -What 'The version' -Problem $Program.problem }
    if ($version -lt $script:Floor) {
        return New-ConnectItem @item -Status not_ok -Advice $get -Reason ("Entra Connect $version is older than $($script:Floor). For older versions, all " +
            'synchronization stopped on 30 September 2026.')
    }
    # As the support article "Microsoft Entra Connect is not working correctly after an automatic upgrade" compares them.
    if ($Configuration -and ($Configuration -as [version]) -and ($Configuration -as [version]) -ne $version) {
        return New-ConnectItem @item -Status not_ok -Reason ("Version $version is installed, but the configuration of the server is still that of " +
            "$Configuration`: an upgrade is not complete.") -Advice 'Start the Entra Connect wizard on the server and choose Upgrade.'
    }
    New-ConnectItem @item -Status ok -Reason "Entra Connect $version is not older than $($script:Floor)."
}

Function Get-ServiceItem {
    param ([hashtable] $Service)
    if ($Service.problem) { return New-ConnectUnknown -Name sync_service -Group connect -What 'The service ADSync' -Problem $Service.problem }
    if (-not $Service.value) {
        return New-ConnectItem -Name sync_service -Group connect -Status not_ok -Reason 'There is no service ADSync, so the wizard is not complete.' `
            -Advice 'Complete the Entra Connect wizard on the server.'
    }
    $value = "$($Service.value.state), $($Service.value.start_mode)"
    if ($Service.value.state -eq 'Running' -and $Service.value.start_mode -eq 'Auto') {
        return New-ConnectItem -Name sync_service -Group connect -Status ok -Value $value -Reason 'The service ADSync runs and starts with the server.'
    }
    New-ConnectItem -Name sync_service -Group connect -Status not_ok -Value $value -Reason "The service ADSync is $value." `
        -Advice 'Start it, and set it to start automatically. Find out in the Application event log why it stopped.'
}

Function Get-ConnectorItem {
    param ([hashtable] $Connectors)
    if ($Connectors.problem) { return New-ConnectUnknown -Name connectors -Group connect -What 'The connectors' -Problem $Connectors.problem }
    $names = @($Connectors.value | ForEach-Object { $_.name }) -join ', '
    $lacking = foreach ($kind in @('ad', 'Active Directory'), @('entra', 'Entra ID')) {
        if (-not @($Connectors.value | Where-Object { $_.kind -eq $kind[0] }).Count) { $kind[1] }
    }
    $lacking = @($lacking)
    if (-not $lacking.Count) {
        return New-ConnectItem -Name connectors -Group connect -Status ok -Value $names -Reason 'The server has connectors to Active Directory and to Entra ID.'
    }
    New-ConnectItem -Name connectors -Group connect -Status not_ok -Value $names -Reason "The server has no connector to $($lacking -join ' or to ')." `
        -Advice 'Complete the Entra Connect wizard on the server.'
}

Function Get-AnchorItem {
    param ([hashtable] $Settings)
    $anchor = if ($Settings.problem) { $null } else { Get-ConnectSourceAnchor -Setting $Settings.value }
    if (-not $anchor) {
        $problem = if ($Settings.problem) { $Settings.problem } else { "the settings of the server do not contain it. $($script:InWindowsPowerShell)" }
        return New-ConnectUnknown -Name source_anchor -Group connect -What 'The source anchor' -Problem $problem `
            -Advice 'Find it on the server: Entra Connect wizard, View or export current configuration, SOURCE ANCHOR.'
    }
    if ($anchor -in 'mS-DS-ConsistencyGuid', 'objectGUID') {
        return New-ConnectItem -Name source_anchor -Group connect -Status ok -Value $anchor -Reason "The server makes ImmutableIds from $anchor."
    }
    New-ConnectItem -Name source_anchor -Group connect -Status not_ok -Value $anchor -Reason ("The server makes ImmutableIds from $anchor, but this " +
        'collection only from mS-DS-ConsistencyGuid and objectGUID. The values that it writes would not match.') `
        -Advice 'Do not write ImmutableIds for this server. To change the source anchor of a server, you must install Entra Connect again.'
}

Function Get-SchedulerItem {
    param ([hashtable] $Scheduler)
    if ($Scheduler.problem) {
        New-ConnectUnknown -Name staging_mode -Group connect -What 'Staging mode' -Problem $Scheduler.problem
        return New-ConnectUnknown -Name scheduler -Group connect -What 'The scheduler' -Problem $Scheduler.problem
    }
    $now = $Scheduler.value
    if ($now.staging_mode_enabled) {
        New-ConnectItem -Name staging_mode -Group connect -Status not_ok -Value 'on' -Advice ('If another server exports, ' +
            'use that one. If none does, turn off staging mode in the wizard, but not before the hard match.') `
            -Reason 'The server is in staging mode: it imports and synchronizes, and exports nothing.'
    }
    else { New-ConnectItem -Name staging_mode -Group connect -Status ok -Value 'off' -Reason 'The server exports. No other server may export.' }

    $item = @{ Name = 'scheduler'; Group = 'connect'; Value = "every $($now.currently_effective_sync_cycle_interval)" }
    $span = [TimeSpan]::Zero
    if ($now.scheduler_suspended) { New-ConnectItem @item -Status not_ok -Reason 'The scheduler is suspended.' -Advice (Get-ConnectSuspendedAdvice) }
    elseif (-not $now.sync_cycle_enabled) {
        New-ConnectItem @item -Status not_ok -Reason 'The scheduler is disabled and runs no cycles. Microsoft requires at least one cycle every 7 days.' `
            -Advice ('If a run that held it was killed, run the playbook hybrid.identity.release_scheduler. If nobody disabled it on purpose, run ' +
            'Set-ADSyncScheduler -SyncCycleEnabled $true on the server.')
    }
    elseif (-not $now.maintenance_enabled) {
        New-ConnectItem @item -Status not_ok -Reason 'Maintenance is disabled: certificates and keys are not renewed, and the run history is not purged.' `
            -Advice 'Run Set-ADSyncScheduler -MaintenanceEnabled $true on the server.'
    }
    elseif ([TimeSpan]::TryParse($now.currently_effective_sync_cycle_interval, [ref]$span) -and $span -gt [TimeSpan]::FromDays(7)) {
        New-ConnectItem @item -Status not_ok -Reason "A cycle every $span is not often enough. Microsoft requires at least one cycle every 7 days." `
            -Advice 'Set custom_interval of adsync_scheduler.'
    }
    else { New-ConnectItem @item -Status ok -Reason "The scheduler runs a cycle every $($now.currently_effective_sync_cycle_interval)." }
}

Function Get-HashItem {
    param ([hashtable] $Hashes)
    $name = 'password_hash_sync'
    if ($Hashes.problem) { return New-ConnectUnknown -Name $name -Group connect -What 'Password hash synchronization' -Problem $Hashes.problem }
    $on = @($Hashes.value.Keys | Where-Object { $Hashes.value[$_] })
    $off = @($Hashes.value.Keys | Where-Object { -not $Hashes.value[$_] })
    if (-not $on.Count -and -not $off.Count) {
        return New-ConnectUnknown -Name $name -Group connect -What 'Password hash synchronization' -Problem 'there is no connector to Active Directory.' `
            -Advice 'Complete the Entra Connect wizard on the server.'
    }
    if ($on.Count -and $off.Count) {
        return New-ConnectItem -Name $name -Group connect -Status not_ok -Value 'mixed' -Reason ("Password hashes are synchronized from $($on -join ', '), " +
            "not from $($off -join ', ').") -Advice 'Unless you intend this, use the same setting for all forests in the wizard.'
    }
    if ($on.Count) {
        return New-ConnectItem -Name $name -Group connect -Status ok -Value 'on' -Reason ('Password hashes are synchronized. After a match, ' +
            'the AD password replaces the cloud password.')
    }
    New-ConnectItem -Name $name -Group connect -Status ok -Value 'off' `
        -Reason 'Password hashes are not synchronized, so a match does not change the cloud passwords.'
}

Function Get-UpgradeItem {
    param ([hashtable] $Upgrade)
    if (-not $Upgrade.value) { return New-ConnectUnknown -Name auto_upgrade -Group connect -What 'Automatic upgrade' -Problem $Upgrade.problem }
    $item = @{ Name = 'auto_upgrade'; Group = 'connect'; Value = $Upgrade.value }
    $byHand = 'Upgrade by hand before your version retires, 12 months after the release of the next version'
    switch ($Upgrade.value) {
        'Enabled' { return New-ConnectItem @item -Status ok -Reason 'Automatic upgrade is enabled.' }
        'Suspended' {
            return New-ConnectItem @item -Status not_ok -Reason 'Automatic upgrade is suspended, because this server is not eligible for it at present.' `
                -Advice "$byHand. Run Get-ADSyncAutoUpgrade -Detail on the server to find out why it is suspended."
        }
        'Disabled' {
            return New-ConnectItem @item -Status not_ok -Reason 'Automatic upgrade is disabled.' -Advice "$byHand, or enable it (Set-ADSyncAutoUpgrade)."
        }
        default { New-ConnectItem @item -Status unknown -Reason "Microsoft does not document the state '$($Upgrade.value)'." -Advice "$byHand." }
    }
}

Function Get-SignInItem {
    param ([hashtable] $Identity)
    if (-not $Identity.value) {
        return New-ConnectUnknown -Name entra_sign_in -Group connect -What 'The sign-in method for Entra ID' -Problem $Identity.problem `
            -Advice 'Version 2.5.3.0 and later show it (Get-ADSyncEntraConnectorCredential).'
    }
    $item = @{ Name = 'entra_sign_in'; Group = 'connect'; Value = $Identity.value }
    switch ($Identity.value) {
        'Application' { return New-ConnectItem @item -Status ok -Reason 'The server signs in to Entra ID as an application, with a certificate.' }
        'ServiceAccount' {
            return New-ConnectItem @item -Status not_ok -Reason 'The server signs in to Entra ID with an account and its password.' `
                -Advice ('Version 2.5.74.0 and later change to an application automatically within 6 hours. If this server does not, select "Configure ' +
                'application-based authentication to Microsoft Entra ID" in the wizard.')
        }
        default {
            New-ConnectItem @item -Status unknown -Reason "Microsoft does not document the type '$($Identity.value)'." `
                -Advice 'Check the sign-in method in the wizard.'
        }
    }
}

Function Get-ThresholdItem {
    param ([hashtable] $Settings)
    # The server's own copy is seen in use, not documented; Entra decides by its own.
    $copy = if ($Settings.problem) { $null } else { $Settings.value['Microsoft.OptionalFeature.ExportDeletionThresholdValue'] }
    $hint = if ($copy) { " The settings of the server say $copy, but Microsoft does not document this setting." } else { '' }
    New-ConnectItem -Name deletion_threshold -Group connect -Status unknown -Value $copy -Reason ('The deletion threshold is stored in Entra ID, and ' +
        "Get-ADSyncExportDeletionThreshold needs an interactive sign-in to read it. The default is 500 deletions.$hint") `
        -Advice 'Before a change of filtering, run Get-ADSyncExportDeletionThreshold -AADUserName <your UPN> on the server.'
}

Function Get-ConnectSetupItem {
    <#
    .SYNOPSIS
    The findings of the group connect, from readings of Windows (program, service) and of ADSync (Get-ConnectSetup).
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][hashtable] $Reading, [Parameter()][AllowNull()][object] $Installed, [Parameter()][AllowNull()][string] $Configuration)

    $what = 'The list of installed programs'
    if ($null -eq $Installed) { New-ConnectUnknown -Name installed -Group connect -What $what -Problem $Reading.program.problem }
    elseif ($Installed) {
        $name = if ($Reading.program.value) { $Reading.program.value.name } else { $null }
        New-ConnectItem -Name installed -Group connect -Status ok -Value $name -Reason 'Entra Connect is installed.'
    }
    else {
        New-ConnectItem -Name installed -Group connect -Status not_ok -Reason 'Entra Connect is not in the list of installed programs.' `
            -Advice 'Download AzureADConnect.msi from the Entra admin center (Entra Connect > Get started), and install it.'
    }
    Get-VersionItem -Program $Reading.program -Installed $Installed -Configuration $Configuration
    Get-ServiceItem -Service $Reading.service
    Get-ConnectorItem -Connectors $Reading.connectors
    Get-AnchorItem -Settings $Reading.settings
    Get-SchedulerItem -Scheduler $Reading.scheduler
    Get-HashItem -Hashes $Reading.hashes
    Get-UpgradeItem -Upgrade $Reading.upgrade
    Get-SignInItem -Identity $Reading.identity
    Get-ThresholdItem -Settings $Reading.settings
}

Export-ModuleMember -Function Get-ConnectSetup, Get-ConnectSetupItem
