#!powershell

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._ADSync
#AnsibleRequires -PowerShell ..module_utils._ConnectItem
#AnsibleRequires -PowerShell ..module_utils._ConnectPrerequisite
#AnsibleRequires -PowerShell ..module_utils._ConnectServer
#AnsibleRequires -PowerShell ..module_utils._ConnectSetup
#AnsibleRequires -PowerShell ..module_utils._ConnectText
#AnsibleRequires -PowerShell ..module_utils._ConnectWindows

$spec = @{
    options = @{
        directory_objects = @{ type = 'int'; default = 0 }
        module_path = @{ type = 'path' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$objects = $module.Params.directory_objects
if ($objects -lt 0) { $module.FailJson('directory_objects must be 0 or more.') }

$current = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$reading = @{
    computer = Get-ConnectReading { Get-ServerClass -ClassName Win32_ComputerSystem }
    system = Get-ConnectReading { Get-ServerClass -ClassName Win32_OperatingSystem }
    revision = Get-ConnectReading { Get-ServerRegistryNumber -Key $current -Name 'UBR' }
    installation = Get-ConnectReading { Get-ServerRegistryText -Key $current -Name 'InstallationType' }
    dotnet = Get-ConnectReading { Get-ServerRegistryNumber -Key 'SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full' -Name 'Release' }
    policy = Get-ConnectReading { Get-ServerExecutionPolicy }
    tls = Get-ConnectReading { Get-ServerTlsValue }
    program = Get-ConnectReading { Get-ServerProgram }
    service = Get-ConnectReading {
        $raw = Get-ServerClass -ClassName Win32_Service -Filter "Name='ADSync'"
        if ($raw) { [ordered]@{ state = "$($raw.State)"; start_mode = "$($raw.StartMode)"; account = "$($raw.StartName)" } }
    }
}
$reading.disk = Get-ConnectReading {
    if ($reading.system.problem) { throw $reading.system.problem }
    Get-ServerClass -ClassName Win32_LogicalDisk -Filter "DeviceID='$($reading.system.value.SystemDrive)'"
}

$load = Get-ConnectReading { Import-ConnectModule -Path $module.Params.module_path }
$installed = $null
if ($reading.program.value -or $reading.service.value -or -not $load.problem) { $installed = $true }
elseif (-not $reading.program.problem) { $installed = $false }
if ($installed -eq $false) { $load.problem = 'Entra Connect is not installed on this server.' }
$setup = Get-ConnectSetup -Load $load
foreach ($name in $setup.Keys) { $reading[$name] = $setup[$name] }

$settings = if ($reading.settings.value) { $reading.settings.value } else { @{} }
$configuration = $settings['Microsoft.Synchronize.ServerConfigurationVersion']
$scheduler = $reading.scheduler.value
# Assigned, since an if unrolls a list of one.
$connectors = $null
if (-not $reading.connectors.problem) { $connectors = @($reading.connectors.value) }
$tls = $null
if (-not $reading.tls.problem) { $tls = @($reading.tls.value) }
$hashes = $null
if ($reading.hashes.value) {
    $different = @($reading.hashes.value.Values | Select-Object -Unique)
    if ($different.Count -eq 1) { $hashes = $different[0] }
}
# Without its service, Entra Connect is installed and waits for its wizard.
$configured = $null
if ($null -ne $connectors) {
    $kinds = @($connectors | ForEach-Object { $_.kind })
    $configured = 'ad' -in $kinds -and 'entra' -in $kinds
}
elseif ($installed -eq $false -or ($installed -and -not $reading.service.problem -and -not $reading.service.value)) { $configured = $false }

$result = $module.Result
$result.installed = $installed
$result.version = if ($reading.program.value) { $reading.program.value.version } else { $null }
$result.configured = $configured
$result.configuration_version = if ($configuration) { $configuration } else { $null }
$result.source_anchor = Get-ConnectSourceAnchor -Setting $settings
$result.staging_mode = if ($scheduler) { $scheduler.staging_mode_enabled } else { $null }
$result.scheduler = $scheduler
$result.connectors = $connectors
$result.filtering = $null
if (-not $reading.filtering.problem) { $result.filtering = @($reading.filtering.value | Where-Object { $_ }) }
$result.password_hash_sync = $hashes
$result.auto_upgrade = if ($reading.upgrade.value) { $reading.upgrade.value.ToLowerInvariant() } else { $null }
$result.connector_identity_type = if ($reading.identity.value) { $reading.identity.value } else { $null }
$result.sync_service = $reading.service.value

$computer = $reading.computer.value
$system = $reading.system.value
$disk = $reading.disk.value
$gib = { param ($bytes) if ($bytes) { [math]::Round($bytes / 1GB, 1) } else { $null } }
$result.server = [ordered]@{
    domain_joined = if ($computer) { [bool]$computer.PartOfDomain } else { $null }
    domain = if ($computer) { "$($computer.Domain)" } else { $null }
    operating_system = if ($system) { "$($system.Caption)" } else { $null }
    build = if ($system) { "$($system.BuildNumber)$(if ($null -ne $reading.revision.value) { ".$($reading.revision.value)" })" } else { $null }
    installation_type = $reading.installation.value
    dotnet_release = $reading.dotnet.value
    execution_policy = $reading.policy.value
    tls12 = $tls
    memory_gb = if ($computer) { & $gib $computer.TotalPhysicalMemory } else { $null }
    disk_gb = if ($disk) { & $gib $disk.Size } else { $null }
    disk_free_gb = if ($disk) { & $gib $disk.FreeSpace } else { $null }
}

$result.checks = @(
    Get-ConnectPrerequisiteItem -Reading $reading -Objects $objects
    Get-ConnectSetupItem -Reading $reading -Installed $installed -Configuration $configuration
)
$summary = @{ ok = 0; not_ok = 0; unknown = 0 }
foreach ($item in $result.checks) { $summary[$item.status]++ }
$result.summary = $summary
$module.ExitJson()
