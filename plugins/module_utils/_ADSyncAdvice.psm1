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
        { $_ -in 'IdentityDataValidationFailed', 'DataValidationFailed' } {
            'Entra does not accept the UPN: its characters or its suffix. Correct it in Active Directory.'
            break
        }
        'FederatedDomainChangeError' {
            'The UPN moves from one federated domain to another, which Entra does not do in one step: give the cloud user a UPN in the ' +
            'onmicrosoft.com domain, then run a cycle, which sets the new one.'
            break
        }
        { $_ -in 'LargeObject', 'ExceededAllowedLength' } { 'An attribute has more or longer values than Entra takes: shorten it in Active Directory.'; break }
        { $_ -in 'DeletingCloudOnlyObjectNotAllowed', '114' } {
            'The deletion is of an object that the cloud owns: leave it, or delete it in Entra.'
            break
        }
        { $_ -eq 'permission-issue' -or $DirectoryCode -eq '8344' } {
            'The AD DS connector account may not write to this object. For the source anchor (mS-DS-ConsistencyGuid), run ' +
            'Set-ADSyncMsDsConsistencyGuidPermissions on the Entra Connect server for that account, and check that the object inherits permissions; ' +
            'then run a cycle.'
            break
        }
        'exported-change-not-reimported' {
            "What was exported to $named was not there at the next import: another program or administrator changes it back, or the domain " +
            "controller that was read lacks it still. Find out who writes $named, then run a cycle."
            break
        }
        'sync-rule-error-function-triggered' {
            'A synchronization rule refuses the object; details (extension-context) or the stack name the rule. Where the text names ' +
            'SourceAnchor, the anchor''s attribute is empty or has another value than at the first synchronization: put the first value back, then run a cycle.'
            break
        }
        'dn-attributes-failure' {
            "An object that $named refers to (such as a manager or a member) is not in the target directory. Synchronize that object or " +
            'remove the reference; if it is new, the next cycle usually resolves this.'
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
    if (-not $said) { $said = 'The server holds an error and does not say which: see the object in the Synchronization Service Manager' }
    if ($said -notmatch '[.!?]$' -and ($Advice -or -not $Code)) { $said += '.' }
    ConvertTo-VisibleText -Text ((@($said, $Advice) | Where-Object { $_ }) -join ' ')
}

Export-ModuleMember -Function Get-ConnectErrorAdvice, Get-ConnectErrorText
