# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: what to do about an object's error (facts §2 and §20).

Function Get-ConnectErrorAdvice {
    <#
    .SYNOPSIS
    One sentence on the error of an object, or null for one that nothing is known of.

    .PARAMETER Code
    The kind of error.

    .PARAMETER DirectoryCode
    The number that the directory gave.

    .PARAMETER Attribute
    The attributes that the error is about.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param (
        [Parameter(Mandatory)][AllowEmptyString()][string] $Code,
        [Parameter()][AllowEmptyString()][string] $DirectoryCode,
        [Parameter()][AllowEmptyCollection()][string[]] $Attribute = @()
    )

    $named = if ($Attribute.Count) { $Attribute -join ', ' } else { 'an attribute' }
    switch ($Code) {
        { $_ -in 'InvalidHardMatch', '103' } {
            'Entra ID refused the hard match: the cloud user has or is eligible for a privileged role, is already mapped to another AD account ' +
            '(onPremisesObjectIdentifier), or hard matches are blocked for the tenant. Remove the cause, then run a cycle.'
            break
        }
        { $_ -in 'AttributeUpdateNotAllowed', '96' } {
            'The cloud user is mapped to another AD account (onPremisesObjectIdentifier cannot be changed). Make sure that it is the same person, ' +
            'have a Hybrid Identity Administrator clear the mapping, then run a cycle.'
            break
        }
        'InvalidSoftMatch' {
            'A cloud user has the same address or UPN but another ImmutableId. If both are the same person, set the ImmutableId to the value of this ' +
            'account (entra_immutable_id). Otherwise, change the address or UPN on one of the two.'
            break
        }
        'AttributeValueMustBeUnique' {
            'Another object in Entra ID has the same value (details name the object). Change the value on one of the two, or, if both are the same person, ' +
            'make the ImmutableId equal to the account''s source anchor.'
            break
        }
        'ObjectTypeMismatch' { 'An object of another type in Entra ID has the same address. Change the address on one of the two.'; break }
        { $_ -in 'IdentityDataValidationFailed', 'DataValidationFailed' } {
            'Entra ID does not accept the characters or the suffix of the UPN. Correct the UPN in Active Directory.'
            break
        }
        'FederatedDomainChangeError' {
            'The UPN changes from one federated domain to another, which Entra ID does not do in one step. Give the cloud user a UPN in the ' +
            'onmicrosoft.com domain, then run a cycle, which sets the new one.'
            break
        }
        { $_ -in 'LargeObject', 'ExceededAllowedLength' } {
            'An attribute has more or longer values than Entra ID accepts. Shorten it in Active Directory.'; break
        }
        { $_ -in 'DeletingCloudOnlyObjectNotAllowed', '114' } {
            'The cloud is the source of authority of the object to delete. Keep the object, or delete it in Entra ID.'
            break
        }
        { $_ -eq 'permission-issue' -or $DirectoryCode -eq '8344' } {
            'The AD DS connector account may not write to this object. For the source anchor (mS-DS-ConsistencyGuid), run ' +
            'Set-ADSyncMsDsConsistencyGuidPermissions on the Entra Connect server for that account, and check that the object inherits permissions; ' +
            'then run a cycle.'
            break
        }
        'exported-change-not-reimported' {
            "The value exported to $named was missing at the next import. Another program or administrator changed it back, or the domain " +
            "controller that was read does not have it yet. Find out who writes $named, then run a cycle."
            break
        }
        'sync-rule-error-function-triggered' {
            'A synchronization rule refuses the object. The details (extension-context) or the stack name the rule. If the text names ' +
            'SourceAnchor, the source anchor attribute is empty or has changed since the first synchronization. Restore the first value, then run a cycle.'
            break
        }
        'dn-attributes-failure' {
            "An object that $named refers to (such as a manager or a member) is not in the target directory. Synchronize that object or " +
            'remove the reference. If the object is new, the next cycle usually resolves this.'
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
    param (
        [Parameter()][AllowNull()][string] $Code,
        [Parameter()][AllowNull()][string] $Message,
        [Parameter()][AllowNull()][string] $Advice
    )

    $said = (@($Code, $Message) | Where-Object { $_ }) -join ': '
    if (-not $said) { $said = 'The server has an error without a name. Open the object in the Synchronization Service Manager' }
    if ($said -notmatch '[.!?]$' -and ($Advice -or -not $Code)) { $said += '.' }
    ConvertTo-VisibleText -Text ((@($said, $Advice) | Where-Object { $_ }) -join ' ')
}

Export-ModuleMember -Function Get-ConnectErrorAdvice, Get-ConnectErrorText
