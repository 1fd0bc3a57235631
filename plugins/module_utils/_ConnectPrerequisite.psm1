# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: compares a Windows server with what Microsoft asks of an Entra Connect server (facts §8,
# "Prerequisites for Microsoft Entra Connect"). Pure: it judges readings (Get-ConnectReading) and reads nothing.

# Windows Server 2016, 2019, 2022 and 2025 by build. 2025 has a known problem that the update of this revision mends.
$script:Build = @{ 14393 = '2016'; 17763 = '2019'; 20348 = '2022'; 26100 = '2025' }
$script:Mended2025 = 6901
# .NET 4.7.2 and 4.6.2 as release numbers ("Determine which .NET Framework versions are installed").
$script:Net472 = 461808
# The table of hardware: up to so many objects, GB of memory, GB of disk.
$script:Hardware = @(@(50000, 6, 70), @(100000, 16, 100), @(300000, 32, 300), @(600000, 32, 450), @([int]::MaxValue, 32, 500))

Function Get-DomainItem {
    param ([hashtable] $Computer)
    if ($Computer.problem) { return New-ConnectUnknown -Name domain_joined -Group server -What 'The domain membership' -Problem $Computer.problem }
    $domain = "$($Computer.value.Domain)"
    if ($Computer.value.PartOfDomain) {
        return New-ConnectItem -Name domain_joined -Group server -Status ok -Value $domain -Reason "The server is a member of the domain $domain."
    }
    New-ConnectItem -Name domain_joined -Group server -Status not_ok -Value $domain -Reason "The server is in the workgroup $domain, not in a domain." `
        -Advice 'Join the server to a domain of the forest, and restart it.'
}

Function Get-SystemItem {
    param ([hashtable] $System, [hashtable] $Revision)
    if ($System.problem) { return New-ConnectUnknown -Name operating_system -Group server -What 'The operating system' -Problem $System.problem }
    $name = "$($System.value.Caption)"
    $build = [int]$System.value.BuildNumber
    $item = @{ Name = 'operating_system'; Group = 'server'; Value = $name }
    $advice = 'Use Windows Server 2022, which Microsoft recommends.'
    # ProductType: 1 workstation, 2 domain controller, 3 server (Win32_OperatingSystem).
    if ([int]$System.value.ProductType -eq 1) { return New-ConnectItem @item -Status not_ok -Reason "$name is not a server." -Advice $advice }
    if ($build -lt 14393) { return New-ConnectItem @item -Status not_ok -Reason "$name (build $build) is older than Windows Server 2016." -Advice $advice }
    if (-not $script:Build.ContainsKey($build)) {
        return New-ConnectItem @item -Status unknown -Reason "Build $build ($name) is not one of the versions that Microsoft lists." -Advice $advice
    }
    if ($build -eq 26100) {
        $mend = "Install the update KB5070773 of October 2025 or a later one, and restart the server."
        if ($null -eq $Revision.value) {
            return New-ConnectItem @item -Status unknown -Advice $mend -Reason ('Windows Server 2025 has a known problem with Entra Connect in builds before ' +
                "26100.$($script:Mended2025), and the revision of the build could not be read$(if ($Revision.problem) { ": $($Revision.problem)" }).")
        }
        if ($Revision.value -lt $script:Mended2025) {
            return New-ConnectItem @item -Status not_ok -Advice $mend -Reason ("Windows Server 2025 at build 26100.$($Revision.value) has a known problem " +
                "with Entra Connect, which 26100.$($script:Mended2025) fixes.")
        }
    }
    New-ConnectItem @item -Status ok -Reason "Windows Server $($script:Build[$build]) (build $build) is supported."
}

Function Get-DesktopItem {
    param ([hashtable] $Type)
    if (-not $Type.value) { return New-ConnectUnknown -Name desktop -Group server -What 'The installation type of the server' -Problem $Type.problem }
    if ($Type.value -eq 'Server') { return New-ConnectItem -Name desktop -Group server -Status ok -Value $Type.value -Reason 'The server has a desktop.' }
    New-ConnectItem -Name desktop -Group server -Status not_ok -Value $Type.value -Reason ("Entra Connect needs a server with a full desktop, and this one " +
        "was installed as '$($Type.value)'.") -Advice 'Use a server that was installed with the Desktop Experience; it cannot be added later.'
}

Function Get-DotNetItem {
    param ([hashtable] $Release)
    if ($Release.problem) { return New-ConnectUnknown -Name dotnet_framework -Group server -What 'The .NET Framework' -Problem $Release.problem }
    $item = @{ Name = 'dotnet_framework'; Group = 'server'; Value = $Release.value }
    if ($Release.value -ge $script:Net472) {
        return New-ConnectItem @item -Status ok -Reason "The .NET Framework is 4.7.2 or newer (release $($Release.value))."
    }
    $has = "The .NET Framework is too old (release $($Release.value))"
    if ($null -eq $Release.value) { $has = 'The server has no .NET Framework 4.5 or newer' }
    New-ConnectItem @item -Status not_ok -Reason "$has; Entra Connect 2.5.79.0 needs 4.7.2 (release $($script:Net472))." `
        -Advice 'Install .NET Framework 4.8 and restart the server.'
}

Function Get-PolicyItem {
    param ([hashtable] $Policy)
    if ($Policy.problem) { return New-ConnectUnknown -Name execution_policy -Group server -What 'The execution policy' -Problem $Policy.problem }
    $item = @{ Name = 'execution_policy'; Group = 'server'; Value = $Policy.value }
    switch ($Policy.value) {
        'RemoteSigned' { return New-ConnectItem @item -Status ok -Reason 'The execution policy is RemoteSigned, as Microsoft recommends.' }
        { $_ -in 'Unrestricted', 'Bypass' } {
            return New-ConnectItem @item -Status ok -Reason "The execution policy $($Policy.value) lets scripts run; Microsoft recommends RemoteSigned."
        }
        'Undefined' { return New-ConnectItem @item -Status ok -Reason 'No execution policy is set, which on Windows Server means RemoteSigned.' }
        default {
            $reason = "The execution policy $($Policy.value) may stop the scripts that the installation of Entra Connect runs."
            New-ConnectItem @item -Status not_ok -Reason $reason `
                -Advice 'Set it to RemoteSigned (Set-ExecutionPolicy RemoteSigned -Scope LocalMachine, or the group policy that sets it).'
        }
    }
}

Function Get-TlsItem {
    param ([hashtable] $Tls)
    if ($Tls.problem) { return New-ConnectUnknown -Name tls12 -Group server -What 'The settings of TLS 1.2' -Problem $Tls.problem }
    $wrong = @($Tls.value | Where-Object { $_.value -ne $_.wanted })
    $item = @{ Name = 'tls12'; Group = 'server'; Value = "$(@($Tls.value).Count - $wrong.Count) of $(@($Tls.value).Count) values" }
    if (-not $wrong.Count) { return New-ConnectItem @item -Status ok -Reason 'TLS 1.2 is enabled in all the places that Microsoft lists.' }
    $told = @($wrong | ForEach-Object { "HKLM\$($_.path) $($_.name) is $(if ($null -eq $_.value) { 'not set' } else { $_.value }), not $($_.wanted)" })
    New-ConnectItem @item -Status not_ok -Reason "TLS 1.2 is not enabled as Entra Connect requires: $($told -join '; ')." `
        -Advice 'Set these DWORD values and restart the server.'
}

Function Get-HardwareItem {
    param ([hashtable] $Computer, [hashtable] $Disk, [int] $Objects)
    $row = @($script:Hardware | Where-Object { $Objects -lt $_[0] })[0]
    $for = if ($Objects) { "for $Objects objects" } else { 'at least' }
    $full = if ($Objects -ge 100000) { ' For 100,000 objects or more, it also needs a full SQL Server, which needs additional resources.' } else { '' }
    # What firmware keeps for itself is missing from what Windows reports, hence the rounding.
    $memory = if ($Computer.problem) { $null } else { $Computer.value.TotalPhysicalMemory }
    if (-not $memory) { New-ConnectUnknown -Name memory -Group server -What 'The memory' -Problem $Computer.problem }
    else {
        $has = [math]::Round($memory / 1GB)
        $item = @{ Name = 'memory'; Group = 'server'; Value = "$has GB" }
        $reason = "The server has $has GB of memory; Microsoft asks for $($row[1]) GB $for.$full"
        if ($has -ge $row[1]) { New-ConnectItem @item -Status ok -Reason $reason }
        else { New-ConnectItem @item -Status not_ok -Reason $reason -Advice "Give the server $($row[1]) GB of memory." }
    }
    $size = if ($Disk.problem) { $null } else { $Disk.value.Size }
    if (-not $size) { return New-ConnectUnknown -Name disk -Group server -What 'The system drive' -Problem $Disk.problem }
    # A disk of the size asked for loses about 1 GB to the partitions that the set-up of Windows makes beside the system drive.
    $has = [math]::Round($size / 1GB)
    $item = @{ Name = 'disk'; Group = 'server'; Value = "$has GB" }
    $reason = "The system drive has $has GB; Microsoft asks for a disk of $($row[2]) GB $for.$full"
    if ($has -ge $row[2] - 1) { New-ConnectItem @item -Status ok -Reason $reason }
    else { New-ConnectItem @item -Status not_ok -Reason $reason -Advice "Give the server a disk of $($row[2]) GB." }
}

Function Get-ConnectPrerequisiteItem {
    <#
    .SYNOPSIS
    The findings of the group server, from readings named computer, system, revision, installation, dotnet, policy, tls, disk.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][hashtable] $Reading, [Parameter(Mandatory)][int] $Objects)

    Get-DomainItem -Computer $Reading.computer
    Get-SystemItem -System $Reading.system -Revision $Reading.revision
    Get-DesktopItem -Type $Reading.installation
    Get-DotNetItem -Release $Reading.dotnet
    Get-PolicyItem -Policy $Reading.policy
    Get-TlsItem -Tls $Reading.tls
    Get-HardwareItem -Computer $Reading.computer -Disk $Reading.disk -Objects $Objects
}

Export-ModuleMember -Function Get-ConnectPrerequisiteItem
