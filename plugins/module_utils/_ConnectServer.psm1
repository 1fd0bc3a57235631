# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: what entra_connect_info reads of Windows through _ConnectWindows.

$script:Uninstall = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall', 'SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall'
# The names that the program had over the years; that of its engine ("... synchronization services") is not among them.
$script:ProgramName = '^Microsoft (Azure AD|Entra) Connect( Sync)?$'

Function Get-ServerProgram {
    <#
    .SYNOPSIS
    Entra Connect among the installed programs: name and version, or null; raises where the list cannot be read.
    #>
    [CmdletBinding()]
    param ()

    $found = foreach ($key in $script:Uninstall) {
        $answer = Invoke-ServerRegistry -Method 'EnumKey' -Argument @{ sSubKeyName = $key }
        if ($null -eq $answer) { continue }
        foreach ($name in @($answer.sNames | Where-Object { $_ })) {
            $display = Get-ServerRegistryText -Key "$key\$name" -Name 'DisplayName'
            if ($display -match $script:ProgramName) {
                @{ name = $display; version = Get-ServerRegistryText -Key "$key\$name" -Name 'DisplayVersion' }
            }
        }
    }
    # Where an upgrade left the old entry behind, the newer one is what runs; an unreadable version counts as the oldest.
    @($found) | Sort-Object -Property { $_.version -as [version] } | Select-Object -Last 1
}

Function Get-ServerExecutionPolicy {
    <#
    .SYNOPSIS
    The machine's execution policy: a group policy's first, else the machine's own, else Undefined.

    .DESCRIPTION
    Read where PowerShell keeps it (about_Group_Policy_Settings, about_Execution_Policies): Get-ExecutionPolicy would answer for
    this process, which Ansible starts with a policy of its own.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ()

    $policy = 'SOFTWARE\Policies\Microsoft\Windows\PowerShell'
    $scripts = Get-ServerRegistryNumber -Key $policy -Name 'EnableScripts'
    if ($scripts -eq 0) { return 'Restricted' }
    $value = $null
    if ($scripts -eq 1) { $value = Get-ServerRegistryText -Key $policy -Name 'ExecutionPolicy' }
    if (-not $value) { $value = Get-ServerRegistryText -Key 'SOFTWARE\Microsoft\PowerShell\1\ShellIds\Microsoft.PowerShell' -Name 'ExecutionPolicy' }
    if ($value) { $value } else { 'Undefined' }
}

Function Get-ServerTlsValue {
    <#
    .SYNOPSIS
    The registry values that Microsoft's Get-ADSyncToolsTls12 checks, in its order, with what they hold and must hold (facts §8).
    #>
    [CmdletBinding()]
    param ()

    $net = 'Microsoft\.NETFramework\v4.0.30319'
    $channel = 'SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2'
    $wanted = @(
        @("SOFTWARE\WOW6432Node\$net", 'SystemDefaultTlsVersions', 1), @("SOFTWARE\WOW6432Node\$net", 'SchUseStrongCrypto', 1)
        @("SOFTWARE\$net", 'SystemDefaultTlsVersions', 1), @("SOFTWARE\$net", 'SchUseStrongCrypto', 1)
        @("$channel\Server", 'Enabled', 1), @("$channel\Server", 'DisabledByDefault', 0)
        @("$channel\Client", 'Enabled', 1), @("$channel\Client", 'DisabledByDefault', 0)
    )
    foreach ($one in $wanted) {
        [ordered]@{ path = $one[0]; name = $one[1]; value = Get-ServerRegistryNumber -Key $one[0] -Name $one[1]; wanted = $one[2] }
    }
}

Export-ModuleMember -Function Get-ServerProgram, Get-ServerExecutionPolicy, Get-ServerTlsValue
