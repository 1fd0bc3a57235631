# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Stands in for the ADSync module: the names, parameters, properties and exceptions of facts §5 over the files that
# lab.sync writes in the folder that the environment variable ADSYNC_LAB_STATE names.

Function Read-LabFile {
    param ([string] $Name, [object] $Default = $null)
    if (-not $env:ADSYNC_LAB_STATE) { throw [InvalidOperationException]::new('ADSYNC_LAB_STATE names no folder') }
    $path = [IO.Path]::Combine($env:ADSYNC_LAB_STATE, $Name)
    # A file is replaced while it is read, or gone between the question and the reading: read once, ask afterwards.
    try { $text = [IO.File]::ReadAllText($path) } catch [IO.FileNotFoundException] { return $Default }
    # Objects, and times as they are written: what JSON calls a date is a string here.
    $text | ConvertFrom-Json -DateKind String
}

Function Write-LabFile {
    param ([string] $Name, [object] $Value)
    $path = [IO.Path]::Combine($env:ADSYNC_LAB_STATE, $Name)
    [IO.File]::WriteAllText("$path.ps", (ConvertTo-Json -InputObject $Value -Depth 8))
    [IO.File]::Move("$path.ps", $path, $true)
}

Function ConvertTo-LabTime {
    param ([string] $Text)
    if (-not $Text) { return $null }
    # The real run history hands out UTC times that do not say so.
    $utc = [DateTime]::Parse($Text, [Globalization.CultureInfo]::InvariantCulture, [Globalization.DateTimeStyles]::RoundtripKind)
    [DateTime]::SpecifyKind($utc.ToUniversalTime(), [DateTimeKind]::Unspecified)
}

Function Test-LabCycle {
    $cycle = Read-LabFile -Name 'cycle.json'
    if (-not $cycle) { return $false }
    # A cycle that was killed leaves its file behind; the kernel knows better.
    [IO.Directory]::Exists("/proc/$($cycle.pid)")
}

Function New-LabRefusal {
    # As the scheduler's own errors look: type, text and stack in one message; the category is WriteError.
    param ([string] $Text, [string] $Stack)
    $message = "System.InvalidOperationException: $Text`r`n$Stack"
    $exception = [InvalidOperationException]::new($message)
    [Management.Automation.ErrorRecord]::new($exception, $message, [Management.Automation.ErrorCategory]::WriteError, $null)
}

$script:SchedulerStack = "   at Microsoft.MetadirectoryServices.Scheduler.Scheduler.StartSyncCycle(String overridePolicy, Boolean interactiveMode)`r`n" +
"   at SchedulerUtils.StartSyncCycle(SchedulerUtils* , Char* policyType, Int32 interactiveMode, Char** errorString)"
$script:DialogText = 'Showing a modal dialog box or form when the application is not running in UserInteractive mode is not a valid operation. ' +
'Specify the ServiceNotification or DefaultDesktopOnly style to display a notification from a service application.'
$script:DialogStack = "   at System.Windows.Forms.Form.ShowDialog(IWin32Window owner)`r`n" + $script:SchedulerStack

Function Start-LabCycle {
    # Starts the program of a cycle; returns its exit code.
    param ([string] $Policy)
    $estate = Read-LabFile -Name 'estate.json'
    $env:PYTHONPATH = $estate.pythonpath
    # --detach: the program leaves this process's session and outlives it, as the service's work does. It returns when the cycle
    # pauses (Clock.ps1) or has ended.
    $null = & $estate.python -m lab.sync --detach --state $env:ADSYNC_LAB_STATE --policy $Policy.ToLowerInvariant()
    $LASTEXITCODE
}

Function Start-ADSyncSyncCycle {
    [CmdletBinding()]
    param (
        [Parameter(Position = 0)][ValidateSet('Unspecified', 'Delta', 'Initial')][string] $PolicyType = 'Unspecified',
        [Parameter(Position = 1)][bool] $InteractiveMode
    )

    $faults = Read-LabFile -Name 'faults.json' -Default ([pscustomobject]@{})
    $scheduler = Read-LabFile -Name 'scheduler.json'
    $text = $null
    $stack = $script:SchedulerStack
    $busy = @((Read-LabFile -Name 'busy.json' -Default @()) | ForEach-Object { $_ })
    if ($faults.start.kind -eq 'authentication') { $text = $script:DialogText; $stack = $script:DialogStack }
    elseif ($faults.start.kind -eq 'translated_authentication') { $text = $faults.start.text; $stack = $script:DialogStack }
    elseif ($faults.start.kind -eq 'unknown') { $text = $faults.start.text }
    elseif ($scheduler.SchedulerSuspended) { $text = 'Scheduler is already suspended via global parameters.' }
    elseif (Test-LabCycle) { $text = 'Sync is already running' }
    elseif ($busy.Count) { $text = "Connector: $($busy[0]) is busy." }
    elseif ($faults.start.kind -eq 'race') {
        # Busy though nothing was: somebody else came between. The fault holds once.
        $text = "Connector: $($faults.start.text) is busy."
        $faults.start = $null
        Write-LabFile -Name 'faults.json' -Value $faults
    }
    if ($text) {
        $PSCmdlet.WriteError((New-LabRefusal -Text $text -Stack $stack))
        return
    }

    if ($faults.start.kind -ne 'absent') {
        $policy = if ($PolicyType -eq 'Unspecified') { $scheduler.NextSyncCyclePolicyType } else { $PolicyType }
        if (Start-LabCycle -Policy $policy) {
            $PSCmdlet.WriteError((New-LabRefusal -Text "The cycle program ended with $LASTEXITCODE" -Stack $script:SchedulerStack))
            return
        }
    }
    [pscustomobject]@{ Result = 'Success' }
}

Function Stop-ADSyncSyncCycle {
    [CmdletBinding()]
    param ()
    $cycle = Read-LabFile -Name 'cycle.json'
    if ($cycle -and (Test-LabCycle)) { & /bin/kill -TERM $cycle.pid }
}

Function Get-ADSyncConnectorRunStatus {
    [CmdletBinding()]
    param ([string] $ConnectorName)
    $names = @((Read-LabFile -Name 'busy.json' -Default @()) | ForEach-Object { $_ })
    if (Test-LabCycle) { $names += @((Read-LabFile -Name 'running.json' -Default @()) | ForEach-Object { $_ }) }
    foreach ($name in $names) {
        if (-not $ConnectorName -or $name -eq $ConnectorName) { [pscustomobject]@{ RunState = 'Busy'; ConnectorName = $name } }
    }
}

Function Read-LabRun {
    $folder = [IO.Path]::Combine($env:ADSYNC_LAB_STATE, 'runs')
    if (-not [IO.Directory]::Exists($folder)) { return }
    # Newest first, as the real one lists them.
    $names = [IO.Directory]::GetFiles($folder, '*.json') | Sort-Object -Descending
    foreach ($name in $names) { Read-LabFile -Name $name }
}

Function ConvertTo-LabStep {
    param ([object] $Step, [string] $RunHistoryId)
    $out = [ordered]@{ RunHistoryId = [guid]$RunHistoryId }
    foreach ($property in $Step.PSObject.Properties) { $out[$property.Name] = $property.Value }
    $out.StepHistoryId = [guid]$Step.StepHistoryId
    $out.StartDate = ConvertTo-LabTime -Text $Step.StartDate
    $out.EndDate = ConvertTo-LabTime -Text $Step.EndDate
    [pscustomobject]$out
}

Function Get-ADSyncRunProfileResult {
    [CmdletBinding()]
    param (
        [guid] $RunHistoryId, [guid] $ConnectorId, [guid] $RunProfileId, [int] $RunNumber,
        [int] $NumberRequested, [switch] $RunStepDetails, [int] $StepNumber
    )
    $count = 0
    foreach ($run in @(Read-LabRun)) {
        if ($RunHistoryId -and [guid]$run.RunHistoryId -ne $RunHistoryId) { continue }
        if ($ConnectorId -and [guid]$run.ConnectorId -ne $ConnectorId) { continue }
        if ($RunProfileId -and [guid]$run.RunProfileId -ne $RunProfileId) { continue }
        if ($RunNumber -and $run.RunNumber -ne $RunNumber) { continue }
        $count++
        if ($NumberRequested -and $count -gt $NumberRequested) { break }
        [pscustomobject][ordered]@{
            RunHistoryId = [guid]$run.RunHistoryId
            ConnectorId = [guid]$run.ConnectorId
            ConnectorName = $run.ConnectorName
            RunProfileId = [guid]$run.RunProfileId
            RunProfileName = $run.RunProfileName
            RunNumber = [int]$run.RunNumber
            Username = $run.Username
            IsRunComplete = [bool]$run.IsRunComplete
            Result = $run.Result
            CurrentStepNumber = [int]$run.CurrentStepNumber
            TotalSteps = [int]$run.TotalSteps
            StartDate = ConvertTo-LabTime -Text $run.StartDate
            EndDate = ConvertTo-LabTime -Text $run.EndDate
            RunStepResults = if ($RunStepDetails) { @($run.Steps | ForEach-Object { ConvertTo-LabStep -Step $_ -RunHistoryId $run.RunHistoryId }) }
        }
    }
}

Function Get-ADSyncRunStepResult {
    [CmdletBinding()]
    param ([guid] $RunHistoryId, [guid] $StepHistoryId, [switch] $First, [int] $StepNumber)
    foreach ($run in @(Read-LabRun)) {
        if ($RunHistoryId -and [guid]$run.RunHistoryId -ne $RunHistoryId) { continue }
        foreach ($step in @($run.Steps)) {
            if (-not $step) { continue }
            if ($StepHistoryId -and [guid]$step.StepHistoryId -ne $StepHistoryId) { continue }
            if ($StepNumber -and $step.StepNumber -ne $StepNumber) { continue }
            ConvertTo-LabStep -Step $step -RunHistoryId $run.RunHistoryId
            if ($First) { return }
        }
    }
}

Function Get-ADSyncCSObject {
    [CmdletBinding(DefaultParameterSetName = 'Name')]
    param (
        [Parameter(ParameterSetName = 'Id', Mandatory)][guid] $Identifier,
        [Parameter(ParameterSetName = 'Connector', Mandatory)][guid] $ConnectorIdentifier,
        [Parameter(ParameterSetName = 'Name', Mandatory, Position = 0)][string] $ConnectorName,
        [Parameter(ParameterSetName = 'Name', Position = 1)][Parameter(ParameterSetName = 'Connector', Position = 1)][string] $DistinguishedName,
        [switch] $SkipDNValidation,
        [switch] $Transient,
        [int] $StartIndex = 0,
        [int] $MaxResultCount = 0
    )
    $connectors = @(Get-ADSyncConnector)
    $found = 0
    foreach ($object in @((Read-LabFile -Name 'cs.json' -Default @()) | ForEach-Object { $_ })) {
        if ($Identifier -and [guid]$object.ObjectId -ne $Identifier) { continue }
        if ($ConnectorIdentifier -and [guid]$object.ConnectorId -ne $ConnectorIdentifier) { continue }
        if ($ConnectorName -and $object.ConnectorName -ne $ConnectorName) { continue }
        if ($DistinguishedName -and $object.DistinguishedName -ne $DistinguishedName) { continue }
        $found++
        if ($found -le $StartIndex) { continue }
        if ($MaxResultCount -and $found -gt $StartIndex + $MaxResultCount) { return }
        $object.ObjectId = [guid]$object.ObjectId
        $object.ConnectorId = [guid]$object.ConnectorId
        # Bytes (facts §20); which ones is made up.
        $object.AnchorValue = [Text.Encoding]::Unicode.GetBytes($object.AnchorValue)
        $object
    }
    if ($ConnectorName -and $ConnectorName -notin $connectors.Name) {
        $missing = [ArgumentException]::new("Connector '$ConnectorName' does not exist.")
        $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new($missing, 'ConnectorNotFound', 'ObjectNotFound', $ConnectorName))
    }
    elseif ($DistinguishedName -and -not $found) {
        $missing = [InvalidOperationException]::new('Object not found in the connector space.')
        $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new($missing, 'CSObjectNotFound', 'ObjectNotFound', $DistinguishedName))
    }
}

. (Join-Path -Path $PSScriptRoot -ChildPath 'Clock.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Settings.ps1')
