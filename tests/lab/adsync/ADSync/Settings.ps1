# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Part of the stand-in module ADSync: how the server is set up. Read from settings.json, where it differs from a server that
# the wizard has just finished.

Function Assert-LabCmdlet {
    # Fails where faults.json says that the cmdlet does, as a service that is stopped or a missing right makes it.
    param ([string] $Name)
    $fault = (Read-LabFile -Name 'faults.json' -Default ([pscustomobject]@{})).cmdlets.$Name
    if ($fault -eq 'access_denied') { throw [UnauthorizedAccessException]::new('Access is denied.') }
    if ($fault) { throw [InvalidOperationException]::new($fault) }
}

Function Read-LabSetting {
    Read-LabFile -Name 'settings.json' -Default ([pscustomobject]@{})
}

Function Get-ADSyncScheduler {
    [CmdletBinding()]
    param ()
    Assert-LabCmdlet -Name 'Get-ADSyncScheduler'
    $set = Read-LabFile -Name 'scheduler.json'
    $span = { param ($text) if ($text) { [TimeSpan]::Parse($text, [Globalization.CultureInfo]::InvariantCulture) } }
    $allowed = [TimeSpan]::FromMinutes(30)
    $custom = & $span $set.CustomizedSyncCycleInterval
    [pscustomobject]@{
        AllowedSyncCycleInterval = $allowed
        # An interval below what Entra allows is not used (facts §5).
        CurrentlyEffectiveSyncCycleInterval = if ($custom -and $custom -gt $allowed) { $custom } else { $allowed }
        CustomizedSyncCycleInterval = $custom
        NextSyncCyclePolicyType = $set.NextSyncCyclePolicyType
        NextSyncCycleStartTimeInUTC = ConvertTo-LabTime -Text $set.NextSyncCycleStartTimeInUTC
        PurgeRunHistoryInterval = & $span $set.PurgeRunHistoryInterval
        SyncCycleEnabled = [bool]$set.SyncCycleEnabled
        MaintenanceEnabled = [bool]$set.MaintenanceEnabled
        StagingModeEnabled = [bool]$set.StagingModeEnabled
        SchedulerSuspended = [bool]$set.SchedulerSuspended
        SyncCycleInProgress = Test-LabCycle
    }
}

Function Set-ADSyncScheduler {
    [CmdletBinding()]
    param (
        [Nullable[TimeSpan]] $CustomizedSyncCycleInterval,
        [Nullable[bool]] $SyncCycleEnabled,
        [ValidateSet('Delta', 'Initial')][string] $NextSyncCyclePolicyType,
        [Nullable[TimeSpan]] $PurgeRunHistoryInterval,
        [Nullable[bool]] $MaintenanceEnabled,
        [Nullable[bool]] $SchedulerSuspended,
        [switch] $Force
    )
    Assert-LabCmdlet -Name 'Set-ADSyncScheduler'
    $faults = Read-LabFile -Name 'faults.json' -Default ([pscustomobject]@{})
    if ($faults.settings -eq 'ignored') { return }
    $set = Read-LabFile -Name 'scheduler.json'
    foreach ($name in $PSBoundParameters.Keys) {
        if ($name -in $set.PSObject.Properties.Name) {
            $value = $PSBoundParameters[$name]
            $set.$name = if ($value -is [TimeSpan]) { $value.ToString() } else { $value }
        }
    }
    Write-LabFile -Name 'scheduler.json' -Value $set
    # The scheduler had made up its mind to start a cycle just before it was disabled.
    if ($faults.settings -eq 'late' -and $SyncCycleEnabled -eq $false) { $null = Start-LabCycle -Policy 'delta' }
}

Function Get-ADSyncConnector {
    [CmdletBinding()]
    param ([string] $Name, [guid] $Identifier)
    Assert-LabCmdlet -Name 'Get-ADSyncConnector'
    foreach ($connector in @((Read-LabFile -Name 'connectors.json' -Default @()) | ForEach-Object { $_ })) {
        if ($Name -and $connector.Name -ne $Name) { continue }
        if ($Identifier -and [guid]$connector.Identifier -ne $Identifier) { continue }
        # "forest-name" is seen in an administrator's script; ConnectivityParameters with Name and Value are documented (ADSync reference).
        $parameters = @(if ($connector.Type -eq 'AD') { [pscustomobject]@{ Name = 'forest-name'; Value = $connector.Name } })
        $forest = (Read-LabFile -Name 'estate.json').forests | Where-Object { $connector.Type -eq 'AD' -and $_.name -eq $connector.Name }
        [pscustomobject]@{
            Name = $connector.Name
            Identifier = [guid]$connector.Identifier
            Type = $connector.Type
            ConnectivityParameters = $parameters
            Partitions = @(if ($forest) { Get-LabPartition -Forest $forest })
            GlobalParameters = @{ 'Connector.GroupFilteringGroupDn' = [pscustomobject]@{ Value = $forest.group } }
        }
    }
}

Function Get-LabPartition {
    # As the wizard leaves it: without a choice of containers the domain is included, with one it is excluded (facts §19).
    param ([object] $Forest)
    $domain = ($Forest.name.Split('.') | ForEach-Object { "DC=$_" }) -join ','
    $excluded = @($Forest.excluded | Where-Object { $_ })
    $included = if ($Forest.search_base) { $excluded += $domain; $Forest.search_base } else { $domain }
    [pscustomobject]@{
        DN = $domain
        Selected = $true
        ConnectorPartitionScope = [pscustomobject]@{ ContainerInclusionList = @($included); ContainerExclusionList = $excluded }
    }
    # A partition that the wizard shows and nobody selected.
    [pscustomobject]@{
        DN = "DC=DomainDnsZones,$domain"
        Selected = $false
        ConnectorPartitionScope = [pscustomobject]@{ ContainerInclusionList = @(); ContainerExclusionList = @() }
    }
}

Function Get-ADSyncGlobalSettings {
    # ServerConfigurationVersion: "Microsoft Entra Connect is not working correctly after an automatic upgrade"; the other names are
    # seen in listings that administrators published (facts §2).
    [CmdletBinding()]
    param ()
    Assert-LabCmdlet -Name 'Get-ADSyncGlobalSettings'
    $values = [ordered]@{
        'Microsoft.SynchronizationOption.AnchorAttribute' = (Read-LabFile -Name 'estate.json').anchor_attribute
        'Microsoft.Synchronize.ServerConfigurationVersion' = '2.6.84.0'
        'Microsoft.OptionalFeature.ExportDeletionThresholdValue' = "$((Read-LabFile -Name 'estate.json').deletion_threshold)"
    }
    if ((Read-LabFile -Name 'estate.json').forests.group) { $values['Microsoft.OptionalFeature.GroupFiltering'] = 'True' }
    foreach ($change in @((Read-LabSetting).global.PSObject.Properties | Where-Object { $_ })) { $values[$change.Name] = $change.Value }
    [pscustomobject]@{
        Parameters = @(foreach ($name in $values.Keys) { if ($null -ne $values[$name]) { [pscustomobject]@{ Name = $name; Value = $values[$name] } } })
    }
}

Function Get-ADSyncAutoUpgrade {
    # Enabled, Suspended or Disabled ("Microsoft Entra Connect: Automatic upgrade").
    [CmdletBinding()]
    param ([switch] $Detail)
    Assert-LabCmdlet -Name 'Get-ADSyncAutoUpgrade'
    $state = (Read-LabSetting).auto_upgrade
    if ($state) { $state } else { 'Enabled' }
}

Function Get-ADSyncAADPasswordSyncConfiguration {
    # Parameter: "Troubleshoot password hash synchronization". The properties are those that Set-ADSyncAADPasswordSyncConfiguration
    # takes; Enabled is seen in use.
    [CmdletBinding()]
    param ([Parameter(Mandatory)][string] $SourceConnector)
    Assert-LabCmdlet -Name 'Get-ADSyncAADPasswordSyncConfiguration'
    $connector = @(Get-ADSyncConnector -Name $SourceConnector)
    if (-not $connector.Count) { throw [ArgumentException]::new("Connector '$SourceConnector' does not exist.") }
    $set = (Read-LabSetting).password_hash_sync.$SourceConnector
    [pscustomobject]@{
        SourceConnector = $SourceConnector
        TargetConnector = "$((Read-LabFile -Name 'estate.json').tenant) - AAD"
        Enabled = if ($null -eq $set) { $true } else { [bool]$set }
    }
}

Function Get-ADSyncEntraConnectorCredential {
    # ConnectorIdentityType is Application or ServiceAccount ("Authenticate to Microsoft Entra ID using application identity").
    [CmdletBinding()]
    param ()
    Assert-LabCmdlet -Name 'Get-ADSyncEntraConnectorCredential'
    $type = (Read-LabSetting).identity_type
    [pscustomobject]@{ ConnectorIdentityType = if ($type) { $type } else { 'Application' } }
}
