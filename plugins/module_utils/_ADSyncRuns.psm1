# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: the run history of Entra Connect: what each run profile did, and which objects it
# could not. Runs in Windows PowerShell 5.1. Properties and result values: facts §5.

# How many of the newest runs are looked at: a cycle makes three a connector.
$script:HistoryDepth = 200
# Reading an object of the connector space takes a call each, so a flood of errors is told without it.
$script:ObjectLookups = 100

Function Get-ConnectRun {
    <#
    .SYNOPSIS
    The newest runs, oldest first, as the cmdlet gives them.
    #>
    [CmdletBinding()]
    param ([Parameter()][int] $Number = $script:HistoryDepth)

    @(Get-ADSyncRunProfileResult -NumberRequested $Number -ErrorAction Stop) |
        Where-Object { $_ } | Sort-Object -Property StartDate, RunNumber
}

Function Get-ConnectNewRun {
    <#
    .SYNOPSIS
    The runs that were not there before.

    .PARAMETER Known
    A dictionary whose keys are the ids of the runs that were. Ids, and no times: clocks and time zones play no part.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][AllowEmptyCollection()][hashtable] $Known)

    Get-ConnectRun | Where-Object { -not $Known.ContainsKey("$($_.RunHistoryId)") }
}

Function Get-ConnectRunOutcome {
    <#
    .SYNOPSIS
    success, warning, error or running, from the token that ADSync stores as a run's result, which no language changes.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param ([Parameter(Mandatory)][object] $Run)

    $result = "$($Run.Result)"
    if (-not $Run.IsRunComplete) { 'running' }
    elseif ($result -eq 'success') { 'success' }
    elseif ($result -match '^completed-(.*-warnings$|transient-)') { 'warning' }
    else { 'error' }
}

Function Get-Count {
    param ([object] $Step, [string[]] $Name)
    $sum = 0
    foreach ($one in $Name) { if ($null -ne $Step.$one) { $sum += [int]$Step.$one } }
    $sum
}

Function Get-ConnectionError {
    # Why a connector could not connect: server and message, from XML without a root. Null where it could.
    param ([string] $Text)
    if (-not $Text) { return $null }
    $document = New-Object -TypeName System.Xml.XmlDocument
    $document.XmlResolver = $null
    try { $document.LoadXml("<connection>$Text</connection>") } catch { return $Text }
    $result = $document.SelectSingleNode('/connection/connection-result')
    if (-not $result -or $result.InnerText -eq 'success') { return $null }
    $server = $document.SelectSingleNode('/connection/server')
    $said = $document.SelectSingleNode('//incident/cd-error/error-literal')
    (@($server, $said, $result | Where-Object { $_ } | ForEach-Object { $_.InnerText.Trim() }) | Select-Object -First 2) -join ': '
}

Function ConvertTo-ConnectStep {
    <#
    .SYNOPSIS
    One run step with its counts: staged from a directory (import), flowed (synchronization) or exported.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][object] $Step)

    [ordered]@{
        number = [int]$Step.StepNumber
        result = "$($Step.StepResult)"
        started = ConvertTo-ConnectTime -Time $Step.StartDate
        ended = ConvertTo-ConnectTime -Time $Step.EndDate
        connection_error = Get-ConnectionError -Text "$($Step.ConnectorConnectionInformationXml)"
        adds = Get-Count $Step 'StageAdd', 'ExportAdd'
        updates = Get-Count $Step 'StageUpdate', 'StageRename', 'StageDeleteAdd', 'ExportUpdate', 'ExportRename', 'ExportDeleteAdd'
        deletes = Get-Count $Step 'StageDelete', 'ExportDelete'
        failures = Get-Count $Step 'StageFailure', 'FlowFailure', 'ExportFailure'
        unchanged = Get-Count $Step 'StageNoChange'
        projected = Get-Count $Step 'DisconnectorProjectedFlow', 'DisconnectorProjectedNoFlow', 'DisconnectorProjectedRemoveMv'
        joined = Get-Count $Step 'DisconnectorJoinedFlow', 'DisconnectorJoinedNoFlow', 'DisconnectorJoinedRemoveMv'
        flowed = Get-Count $Step 'ConnectorFlow'
        filtered = Get-Count $Step 'DisconnectorFiltered', 'ConnectorFilteredRemoveMv', 'ConnectorFilteredLeaveMv'
        disconnected = Get-Count $Step 'ConnectorDeleteRemoveMv', 'ConnectorDeleteLeaveMv'
    }
}

Function ConvertTo-ConnectRun {
    <#
    .SYNOPSIS
    One run profile's result with its steps, as a dictionary: run, and errors of its objects.
    #>
    [CmdletBinding()]
    param ([Parameter(Mandatory)][object] $Run)

    $steps = @(Get-ADSyncRunStepResult -RunHistoryId $Run.RunHistoryId -ErrorAction Stop | Where-Object { $_ } | Sort-Object -Property StepNumber)
    $shaped = @($steps | ForEach-Object { ConvertTo-ConnectStep -Step $_ })
    $started = ConvertTo-ConnectTime -Time $Run.StartDate
    # An if without a value is not null to the JSON writer of Ansible but an empty object, hence every else in this file.
    $ended = if ($Run.IsRunComplete) { ConvertTo-ConnectTime -Time $Run.EndDate } else { $null }
    $seconds = if ($started -and $ended) { [math]::Round(([DateTime]$Run.EndDate - [DateTime]$Run.StartDate).TotalSeconds, 1) } else { $null }
    $out = [ordered]@{
        run_history_id = "$($Run.RunHistoryId)"
        run_number = [int]$Run.RunNumber
        connector = "$($Run.ConnectorName)"
        run_profile = "$($Run.RunProfileName)"
        result = "$($Run.Result)"
        outcome = Get-ConnectRunOutcome -Run $Run
        started = $started
        ended = $ended
        seconds = $seconds
    }
    foreach ($name in 'adds', 'updates', 'deletes', 'failures') {
        $sum = 0
        foreach ($step in $shaped) { $sum += $step[$name] }
        $out[$name] = $sum
    }
    $out.steps = $shaped
    @{ run = $out; errors = @($steps | ForEach-Object { Get-StepError -Step $_ -Connector "$($Run.ConnectorName)" }) }
}

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

Function ConvertFrom-ErrorDetail {
    # Entra's details are a JSON list of {Key, Value: [...]}; anything else is kept as it is.
    param ([AllowNull()][string] $Text)
    if (-not $Text) { return $null }
    try { $pairs = ConvertFrom-Json -InputObject $Text -ErrorAction Stop } catch { return @{ text = $Text } }
    $details = @{}
    foreach ($pair in $pairs) {
        if ($null -eq $pair.Key) { return @{ text = $Text } }
        $details["$($pair.Key)"] = @($pair.Value | ForEach-Object { "$_" })
    }
    $details
}

Function Get-StepError {
    # The objects that a step failed on: its SyncErrors hold the import, synchronization and export errors as XML.
    param ([object] $Step, [string] $Connector)

    $xml = "$($Step.SyncErrors.SyncErrorsXml)"
    if (-not $xml) { return }
    $document = New-Object -TypeName System.Xml.XmlDocument
    $document.XmlResolver = $null
    try { $document.LoadXml($xml) }
    catch {
        return [ordered]@{ stage = 'unknown'; connector = $Connector; code = $null; message = $xml }
    }
    foreach ($stage in 'import', 'synchronization', 'export') {
        foreach ($node in $document.SelectNodes("//$stage-error")) {
            $dn = $node.GetAttribute('dn')
            if (-not $dn -and $node.SelectSingleNode('dn')) { $dn = $node.SelectSingleNode('dn').InnerText }
            $take = { param ($path) $found = $node.SelectSingleNode($path); if ($found) { $found.InnerText.Trim() } else { $null } }
            $message = & $take 'cd-error/error-literal'
            if (-not $message) { $message = & $take './/extension-error-info' }
            $extra = & $take 'cd-error/extra-error-details'
            if (-not $extra) { $extra = & $take 'cd-error/server-error-detail' }
            [ordered]@{
                stage = $stage
                connector = $Connector
                distinguished_name = $dn
                immutable_id = ConvertFrom-ConnectDN -DistinguishedName $dn
                code = & $take 'error-type'
                message = $message
                details = ConvertFrom-ErrorDetail -Text $extra
                first_occurred = & $take 'first-occurred'
                retry_count = [int](& $take 'retry-count')
            }
        }
    }
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
    Adds to each error the object that it concerns (type, UPN, DN on premises) and what to do.
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
        $one.object_type = if ($object) { "$($object.ObjectType)" } else { $null }
        $one.user_principal_name = Get-CsValue $object 'userPrincipalName'
        $one.on_premises_distinguished_name = Get-CsValue $object 'onPremisesDistinguishedName'
        $one.advice = Get-ConnectErrorAdvice -Code "$($one.code)"
        $one
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
        $user.reason = "The Entra connector holds no object for it: no cycle has synchronized it, or filtering leaves it out.$(if ($missing) { " ($missing)" })"
        return $user
    }
    $user.object_type = "$($found.ObjectType)"
    $user.user_principal_name = Get-CsValue $found 'userPrincipalName'
    $user.on_premises_distinguished_name = Get-CsValue $found 'onPremisesDistinguishedName'
    $problem = if ($found.HasExportError) { $found.ExportError } elseif ($found.HasSyncError) { $found.SynchronizationError } else { $null }
    $user.status = if ($found.HasExportError) { 'export_error' } elseif ($found.HasSyncError) { 'sync_error' } else { 'exported' }
    $user.cause = $null
    $user.reason = $null
    if ($user.status -ne 'exported') {
        # The properties of an error are not documented, so every one that holds something is handed on.
        $facts = [ordered]@{}
        if ($problem -is [string]) { $facts.text = $problem }
        elseif ($null -ne $problem) {
            foreach ($property in $problem.PSObject.Properties) {
                if ("$($property.Value)" -ne '') { $facts[$property.Name] = "$($property.Value)" }
            }
        }
        $pick = { param ($names) foreach ($name in $names) { if ($facts[$name]) { return $facts[$name] } } $null }
        $code = & $pick @('ErrorType', 'ErrorName', 'ErrorCode')
        $said = & $pick @('ErrorLiteral', 'ErrorDescription', 'ErrorDetails', 'ErrorMessage', 'text')
        $user.cause = $code
        $user.reason = Get-ConnectErrorText -Code $code -Message $said
        $user.details = ConvertFrom-ErrorDetail -Text "$($facts['ErrorExtraDetails'])"
        $user.raw = $facts
    }
    $user
}

Export-ModuleMember -Function Get-ConnectRun, Get-ConnectNewRun, Get-ConnectRunOutcome, ConvertTo-ConnectRun,
ConvertTo-ConnectDN, ConvertFrom-ConnectDN, Add-ConnectObject, Get-ConnectUser
