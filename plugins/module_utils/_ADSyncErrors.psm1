# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: reads the errors that ADSync stores as XML with a step: of objects that were imported,
# synchronized or exported, and of what could not be read at all (discovery). Elements: facts §20.

# A line of a .NET stack trace in any language: "   at System.String.Trim(Char[] trimChars)".
$script:Frame = '(?m)^[ \t]+\p{L}+ [^\s(]+\('

# An error without a type is one, too.
$script:ErrorNodes = '//*[error-type or self::import-error or self::export-error or self::ma-object-error or self::retry-error]'

Function Split-ConnectStack {
    <#
    .SYNOPSIS
    Separates what an error says from its stack trace: message and stack, each null if there is none.

    .PARAMETER Stack
    The stack trace that came by itself. Without a text, its first line is the message.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([Parameter()][AllowNull()][string] $Text, [Parameter()][AllowNull()][string] $Stack)

    $message = "$Text".Trim()
    $trace = "$Stack".Trim()
    $frame = [regex]::Match($message, $script:Frame)
    if ($frame.Success) {
        if (-not $trace) { $trace = $message }
        $message = $message.Substring(0, $frame.Index).Trim()
    }
    if (-not $message -and $trace) { $message = ($trace -split '\r?\n')[0].Trim() }
    @{
        message = if ($message) { ConvertTo-VisibleText -Text $message } else { $null }
        stack = if ($trace) { $trace } else { $null }
    }
}

Function ConvertFrom-ConnectDetail {
    <#
    .SYNOPSIS
    Entra's details, a JSON list of {Key, Value: [...]}, as a dictionary of lists. Anything else is kept as text.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param ([Parameter()][AllowNull()][string] $Text)

    if (-not $Text) { return $null }
    try { $pairs = ConvertFrom-Json -InputObject $Text -ErrorAction Stop } catch { return @{ text = $Text } }
    $details = @{}
    foreach ($pair in $pairs) {
        if ($null -eq $pair.Key) { return @{ text = $Text } }
        $details["$($pair.Key)"] = @($pair.Value | ForEach-Object { "$_" })
    }
    $details
}

Function ConvertTo-XmlDocument {
    # XML with or without a root of its own; null for a text that is none.
    param ([string] $Text)
    $document = New-Object -TypeName System.Xml.XmlDocument
    $document.XmlResolver = $null
    try { $document.LoadXml("<xml-of-adsync>$($Text -replace '^\s*<\?xml[^>]*\?>')</xml-of-adsync>") } catch { return $null }
    $document
}

Function Get-ConnectChangedAttribute {
    <#
    .SYNOPSIS
    The names of the attributes in a change that did not come back with an import (change-not-reimported), as XML.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter()][AllowNull()][string] $Xml)

    $document = if ($Xml -match '<') { ConvertTo-XmlDocument -Text $Xml } else { $null }
    if ($document) { $document.SelectNodes('//delta/attr/@name | //delta/dn-attr/@name') | ForEach-Object { $_.Value } }
}

Function ConvertTo-ConnectError {
    # One error of an object from its element.
    param ([System.Xml.XmlNode] $Node, [string] $Connector)

    $take = { param ($path) $found = $Node.SelectSingleNode($path); if ($found -and $found.InnerText.Trim()) { $found.InnerText.Trim() } else { $null } }
    # Errors of a synchronization are import errors, too: their step tells them from those of the import itself.
    $within = & $take 'algorithm-step'
    $stage = switch ($Node.LocalName) {
        'export-error' { 'export' }
        'ma-object-error' { 'discovery' }
        'retry-error' { 'synchronization' }
        default { if ($within -and $within -ne 'staging') { 'synchronization' } else { 'import' } }
    }
    $code = & $take 'error-type'
    $directoryCode = & $take 'cd-error/error-code'

    $details = ConvertFrom-ConnectDetail -Text (& $take 'cd-error/extra-error-details')
    if (-not $details) { $details = @{} }
    foreach ($path in 'cd-error/server-error-detail', 'cd-error/value', 'extension-error-info/extension-name',
        'extension-error-info/extension-callsite', 'extension-error-info/extension-context', 'algorithm-step') {
        $values = @($Node.SelectNodes($path) | ForEach-Object { $_.InnerText.Trim() } | Where-Object { $_ })
        if ($values.Count) { $details[($path -split '/')[-1]] = $values }
    }

    $attributes = @(Get-ConnectChangedAttribute -Xml $Node.OuterXml)
    $attributes += @($Node.SelectNodes('attribute-name | rules-error-info//attribute-mapping/@dest-attr') | ForEach-Object { $_.InnerText.Trim() })
    $attributes += @($details['AttributeConflictName'])
    $attributes = @($attributes | Where-Object { $_ } | Select-Object -Unique)

    $said = Split-ConnectStack -Text (& $take 'cd-error/error-literal') -Stack (& $take 'extension-error-info/call-stack')
    if (-not $said.message) { $said.message = ConvertTo-VisibleText -Text (& $take 'cd-error/server-error-detail') }
    if (-not $said.message -and $code -eq 'exported-change-not-reimported' -and $attributes.Count) {
        $said.message = ConvertTo-VisibleText -Text "The import did not confirm the change of $($attributes -join ', ')."
    }
    $dn = $Node.GetAttribute('dn')
    if (-not $dn) { $dn = & $take 'dn' }
    $name = $Node.GetAttribute('displayName')
    $since = & $take 'first-occurred'
    if (-not $since) { $since = & $take 'date-occurred' }
    [ordered]@{
        stage = $stage
        connector = $Connector
        distinguished_name = $dn
        display_name = if ($name) { $name } else { $null }
        code = $code
        directory_code = $directoryCode
        message = $said.message
        attributes = $attributes
        details = if ($details.Count) { $details } else { $null }
        stack = $said.stack
        first_occurred = $since
        retry_count = if ((& $take 'retry-count') -match '^\d{1,9}$') { [int]$Matches[0] } else { 0 }
        advice = Get-ConnectErrorAdvice -Code "$code" -DirectoryCode "$directoryCode" -Attribute $attributes
    }
}

Function Get-StoredXml {
    # The cmdlets wrap XML in an object with one property, such as SyncErrorsXml, and give an empty text if there is none.
    param ([AllowNull()][object] $Value)
    if ($Value -is [string]) { return $Value }
    if ($null -eq $Value) { return '' }
    foreach ($property in $Value.PSObject.Properties) {
        if ($property.Name -like '*Xml' -and "$($property.Value)") { return "$($property.Value)" }
    }
    ''
}

Function Get-ConnectStepError {
    <#
    .SYNOPSIS
    The errors of objects in a step. An error whose XML cannot be read has the stage unknown, and its text as the message.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][object] $Step, [Parameter(Mandatory)][AllowEmptyString()][string] $Connector)

    foreach ($stored in $Step.SyncErrors, $Step.MvRetryErrors, $Step.ConnectorDiscoveryErrors) {
        $text = Get-StoredXml -Value $stored
        if (-not $text) { continue }
        $document = ConvertTo-XmlDocument -Text $text
        if ($document) {
            foreach ($node in $document.SelectNodes($script:ErrorNodes)) { ConvertTo-ConnectError -Node $node -Connector $Connector }
        }
        else {
            [ordered]@{
                stage = 'unknown'; connector = $Connector; distinguished_name = $null; display_name = $null; code = $null
                directory_code = $null; message = ConvertTo-VisibleText -Text $text; attributes = @(); details = $null; stack = $null; first_occurred = $null
                retry_count = 0; advice = $null
            }
        }
    }
}

Function Get-ConnectConnectionError {
    <#
    .SYNOPSIS
    Why a connector could not connect: server and message, from XML without a root. Null where it could.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter()][AllowNull()][string] $Text)

    if (-not $Text) { return $null }
    $document = ConvertTo-XmlDocument -Text $Text
    if (-not $document) { return ConvertTo-VisibleText -Text $Text }
    $result = $document.DocumentElement.SelectSingleNode('connection-result')
    if (-not $result -or $result.InnerText -eq 'success') { return $null }
    $server = $document.DocumentElement.SelectSingleNode('server')
    $said = $document.SelectSingleNode('//incident/cd-error/error-literal')
    $told = @($server, $said, $result | Where-Object { $_ } | ForEach-Object { $_.InnerText.Trim() }) | Select-Object -First 2
    ConvertTo-VisibleText -Text ($told -join ': ')
}

Export-ModuleMember -Function Split-ConnectStack, ConvertFrom-ConnectDetail, Get-ConnectChangedAttribute, Get-ConnectStepError,
Get-ConnectConnectionError
