# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: objects of Entra Connect's connector spaces, and their errors (facts §5 and §20).

# Reading an object of the connector space takes a call each, so a flood of errors is told without it.
$script:ObjectLookups = 100

Function ConvertTo-ConnectDN {
    <#
    .SYNOPSIS
    The DN of an object in the Entra connector's space: CN={upper-case hex of the ImmutableId's characters} (facts §5).
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][string] $ImmutableId)

    $hex = ([BitConverter]::ToString([Text.Encoding]::ASCII.GetBytes($ImmutableId))) -replace '-', ''
    "CN={$hex}"
}

Function ConvertFrom-ConnectDN {
    <#
    .SYNOPSIS
    The ImmutableId that a DN of the Entra connector's space spells, or null for another DN.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter()][AllowEmptyString()][string] $DistinguishedName)

    if ($DistinguishedName -notmatch '^CN=\{((?:[0-9A-Fa-f]{2})+)\}$') { return $null }
    $hex = $Matches[1]
    $bytes = for ($i = 0; $i -lt $hex.Length; $i += 2) { [Convert]::ToByte($hex.Substring($i, 2), 16) }
    [Text.Encoding]::ASCII.GetString([byte[]]@($bytes))
}

Function Get-CsValue {
    # The first value of an attribute of a connector space object; older and newer servers differ in letter case.
    param ([AllowNull()][object] $CsObject, [string] $Name)
    foreach ($attribute in @($CsObject.Attributes)) {
        if ($attribute -and "$($attribute.Name)" -eq $Name) { return @($attribute.Values | ForEach-Object { "$_" })[0] }
    }
    $null
}

Function Add-ConnectObject {
    <#
    .SYNOPSIS
    Adds to each error the object that it concerns: ImmutableId, type, UPN, DN on premises.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][AllowEmptyCollection()][object[]] $Problem)

    $looked = 0
    foreach ($one in $Problem) {
        $object = $null
        if ($one.distinguished_name -and $looked -lt $script:ObjectLookups) {
            $looked++
            try { $object = Get-ADSyncCSObject -ConnectorName $one.connector -DistinguishedName $one.distinguished_name -ErrorAction Stop }
            catch { $object = $null }
        }
        $one.immutable_id = ConvertFrom-ConnectDN -DistinguishedName "$($one.distinguished_name)"
        $one.object_type = if ($object) { "$($object.ObjectType)" } else { $null }
        $one.user_principal_name = Get-CsValue $object 'userPrincipalName'
        $one.on_premises_distinguished_name = Get-CsValue $object 'onPremisesDistinguishedName'
        $one
    }
}

Function ConvertTo-ConnectUserError {
    # What an ExportError or a SynchronizationError says: cause, reason, attributes, details, stack, raw.
    param ([AllowNull()][object] $Problem)

    # Not every property is documented, so every one that holds something is handed on.
    $facts = [ordered]@{}
    if ($Problem -is [string]) { $facts.text = $Problem }
    elseif ($null -ne $Problem) {
        foreach ($property in $Problem.PSObject.Properties) {
            if ("$($property.Value)" -ne '') { $facts[$property.Name] = "$($property.Value)" }
        }
    }
    $codes = @('ErrorType', 'ErrorName', 'ErrorCode' | ForEach-Object { $facts[$_] } | Where-Object { $_ })
    $texts = @('ErrorLiteral', 'ErrorDescription', 'ErrorDetails', 'ErrorMessage', 'text' | ForEach-Object { $facts[$_] } | Where-Object { $_ })
    $said = Split-ConnectStack -Text $(if ($texts.Count) { $texts[0] }) -Stack $facts['StackTrace']
    $details = ConvertFrom-ConnectDetail -Text "$($facts['ErrorExtraDetails'])"
    $attributes = @(Get-ConnectChangedAttribute -Xml "$($facts['ExportedChangedNotReimported'])")
    if ($details) { $attributes += @($details['AttributeConflictName']) }
    $attributes = @($attributes | Where-Object { $_ } | Select-Object -Unique)

    # Any of the three may be the name that the advice goes by.
    $code = if ($codes.Count) { $codes[0] } else { $null }
    $advice = $null
    foreach ($one in $codes) {
        if (-not $advice) {
            $advice = Get-ConnectErrorAdvice -Code $one -DirectoryCode $one -Attribute $attributes
            if ($advice) { $code = $one }
        }
    }
    $raw = [ordered]@{}
    foreach ($name in $facts.Keys) { if ($name -ne 'StackTrace') { $raw[$name] = $facts[$name] } }
    [ordered]@{
        cause = $code
        reason = Get-ConnectErrorText -Code $code -Message $said.message -Advice $advice
        attributes = $attributes
        details = $details
        stack = $said.stack
        raw = $raw
    }
}

Function Get-ConnectUser {
    <#
    .SYNOPSIS
    What the Entra connector's space says of one user: status (exported, export_error, sync_error, not_found), cause, reason.
    #>
    [CmdletBinding()]
    param (
        [Parameter(Mandatory)][string] $ImmutableId,
        [Parameter(Mandatory)][string] $Connector
    )

    $dn = ConvertTo-ConnectDN -ImmutableId $ImmutableId
    $found = $null
    $missing = $null
    try { $found = Get-ADSyncCSObject -ConnectorName $Connector -DistinguishedName $dn -ErrorAction Stop }
    catch { $missing = $_.Exception.Message }
    $user = [ordered]@{ immutable_id = $ImmutableId; connector_distinguished_name = $dn }
    if (-not $found) {
        $user.status = 'not_found'
        $user.cause = 'not_in_connector_space'
        $because = if ($missing) { " ($(ConvertTo-VisibleText -Text $missing))" } else { '' }
        $user.reason = "The Entra ID connector has no object for this user. No cycle has synchronized the user, or filtering excludes the user.$because"
        return $user
    }
    $user.object_type = "$($found.ObjectType)"
    $user.user_principal_name = Get-CsValue $found 'userPrincipalName'
    $user.on_premises_distinguished_name = Get-CsValue $found 'onPremisesDistinguishedName'
    $user.status = if ($found.HasExportError) { 'export_error' } elseif ($found.HasSyncError) { 'sync_error' } else { 'exported' }
    $user.cause = $null
    $user.reason = $null
    if ($user.status -ne 'exported') {
        $problem = if ($found.HasExportError) { $found.ExportError } else { $found.SynchronizationError }
        $said = ConvertTo-ConnectUserError -Problem $problem
        foreach ($key in $said.Keys) { $user[$key] = $said[$key] }
    }
    $user
}

Export-ModuleMember -Function ConvertTo-ConnectDN, ConvertFrom-ConnectDN, Add-ConnectObject, Get-ConnectUser
