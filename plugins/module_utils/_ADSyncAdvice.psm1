# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: what to do about a run's result (facts §5) and about an object's error (facts §2).

Function Get-ConnectResultAdvice {
    <#
    .SYNOPSIS
    One sentence on a run's result, or null for one that nothing is known of.

    .PARAMETER Kind
    ad or entra: which side the connector talks to.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param (
        [Parameter(Mandatory)][AllowEmptyString()][string] $Result,
        [Parameter()][AllowEmptyString()][string] $Kind
    )

    switch -Wildcard ($Result) {
        'completed-export-errors' { 'Some objects were refused; export_errors names them and says what to do.'; break }
        'completed-sync-errors' { 'Some objects could not be synchronized on the server; sync_errors names them.'; break }
        'stopped-deletion-threshold-exceeded' {
            'More deletions were pending than the threshold allows (500 unless set), so they were held back. If they are not meant, put the ' +
            'filtering or the OU back and run again; if they are, raise the threshold on the server (Enable-ADSyncExportDeletionThreshold, ' +
            'which asks for a sign-in), run again, and set it back.'
            break
        }
        'no-start-connection' {
            if ($Kind -eq 'entra') { 'Entra ID could not be reached: check the proxy, TLS 1.2, DNS and the connector''s credential on the server.' }
            else { 'No domain controller could be reached: check DNS, the network and the password of the AD DS connector account.' }
            break
        }
        'stopped-server-down' { 'The directory went away while it was being read or written; run again when it is back.'; break }
        'stopped-error-limit' { 'More than 5,000 objects failed, so the run gave up; export_errors and sync_errors name the first of them.'; break }
        default { $null }
    }
}

Function Get-ConnectErrorAdvice {
    <#
    .SYNOPSIS
    One sentence on the error code of an object, or null for one that nothing is known of.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][AllowEmptyString()][string] $Code)

    switch ($Code) {
        { $_ -in 'InvalidHardMatch', '103' } {
            'Entra refused the hard match: the cloud user holds or is eligible for a privileged role, is already mapped to another AD account ' +
            '(onPremisesObjectIdentifier), or hard matches are blocked for the tenant. Remove the cause, then run a cycle.'
            break
        }
        { $_ -in 'AttributeUpdateNotAllowed', '96' } {
            'The cloud user is mapped to another AD account (onPremisesObjectIdentifier cannot be changed): make sure it is the same person, ' +
            'have a Hybrid Identity Administrator clear the mapping, then run a cycle.'
            break
        }
        'InvalidSoftMatch' {
            'A cloud user has the same address or UPN but another ImmutableId: set that ImmutableId to this account''s (entra_immutable_id), ' +
            'or change the address on one of the two.'
            break
        }
        'AttributeValueMustBeUnique' {
            'Another object in Entra holds the same value (details name it): change it on one of the two, or, if both are the same person, ' +
            'make the ImmutableId equal to the account''s source anchor.'
            break
        }
        'ObjectTypeMismatch' { 'An object of another type in Entra has the same address: change the address on one of the two.'; break }
        'IdentityDataValidationFailed' { 'Entra does not accept the UPN: its characters or its suffix. Correct it in Active Directory.'; break }
        { $_ -in 'LargeObject', 'ExceededAllowedLength' } { 'An attribute has more or longer values than Entra takes: shorten it in Active Directory.'; break }
        { $_ -in 'DeletingCloudOnlyObjectNotAllowed', '114' } {
            'The deletion is of an object that the cloud owns: leave it, or delete it in Entra.'
            break
        }
        default { $null }
    }
}

Function Get-ConnectErrorText {
    <#
    .SYNOPSIS
    The error of an object in one line: code, what the directory said, what to do.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter()][AllowNull()][string] $Code, [Parameter()][AllowNull()][string] $Message)

    $said = (@($Code, $Message) | Where-Object { $_ }) -join ': '
    $advice = Get-ConnectErrorAdvice -Code "$Code"
    if (-not $advice) { return $said }
    if ($said -notmatch '[.!?]$') { $said += '.' }
    "$said $advice"
}

Export-ModuleMember -Function Get-ConnectResultAdvice, Get-ConnectErrorAdvice, Get-ConnectErrorText
