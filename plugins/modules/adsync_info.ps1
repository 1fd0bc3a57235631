#!powershell

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._ADSync
#AnsibleRequires -PowerShell ..module_utils._ADSyncAdvice
#AnsibleRequires -PowerShell ..module_utils._ADSyncErrors
#AnsibleRequires -PowerShell ..module_utils._ADSyncObjects
#AnsibleRequires -PowerShell ..module_utils._ADSyncResults
#AnsibleRequires -PowerShell ..module_utils._ADSyncRuns
#AnsibleRequires -PowerShell ..module_utils._ConnectText

$spec = @{
    options = @{
        immutable_ids = @{ type = 'list'; elements = 'str'; default = @() }
        module_path = @{ type = 'path' }
        runs = @{ type = 'int'; default = 10 }
        users = @{ type = 'list'; elements = 'dict'; default = @() }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

if ($module.Params.runs -lt 0) { $module.FailJson('runs must be 0 or more.') }

# Records come as another module returned them; what they hold beside the ImmutableId is handed back with the answer.
$asked = New-Object -TypeName System.Collections.ArrayList
foreach ($id in @($module.Params.immutable_ids | Where-Object { $_ })) { $null = $asked.Add(@{ immutable_id = $id; record = @{} }) }
foreach ($record in $module.Params.users) {
    $null = $asked.Add(@{ immutable_id = "$($record.immutable_id)"; record = $record })
}
foreach ($one in $asked) {
    if ($one.immutable_id -and $one.immutable_id -notmatch '^[\x21-\x7e]+\z') {
        $given = ConvertTo-VisibleText -Text $one.immutable_id
        $module.FailJson("'$given' is not an ImmutableId; it must be base64, such as 3jFgh7G/i0+csBxnpglNPg==.")
    }
}

try { Import-ConnectModule -Path $module.Params.module_path }
catch { $module.FailJson((ConvertTo-VisibleText -Text $_.Exception.Message)) }

try {
    $connectors = @(Get-ConnectConnector)
    $module.Result.scheduler = Get-ConnectScheduler
    $module.Result.busy_connectors = @(Get-ConnectBusyConnector)
    $module.Result.connectors = $connectors
    $reported = @()
    if ($module.Params.runs) {
        $reported = @(Get-ConnectRun -Number $module.Params.runs | ForEach-Object { ConvertTo-ConnectRun -Run $_ -Connector $connectors })
    }
    $problems = @($reported | ForEach-Object { $_.errors })
    if ($problems.Count) { $problems = @(Add-ConnectObject -Problem $problems) }

    $entra = @($connectors | Where-Object { $_.kind -eq 'entra' })
    if ($asked.Count -and -not $entra.Count) {
        $module.FailJson('This server has no connector to Entra ID, so no users can be looked up. Check that the Entra Connect wizard is complete.')
    }
    $users = foreach ($one in $asked) {
        $found = if (-not $one.immutable_id) {
            @{ immutable_id = $null; status = 'not_found'; cause = 'no_immutable_id'; reason = 'The record has no ImmutableId, so the user cannot be found.' }
        }
        else { Get-ConnectUser -ImmutableId $one.immutable_id -Connector $entra[0].name }
        $answer = @{}
        foreach ($key in $one.record.Keys) { $answer[$key] = $one.record[$key] }
        foreach ($key in $found.Keys) {
            # The record's own UPN and such are what the caller knows it by; an empty answer does not replace them.
            if ($null -ne $found[$key] -or -not $answer.ContainsKey($key)) { $answer[$key] = $found[$key] }
        }
        foreach ($key in 'cause', 'reason') { $answer[$key] = $found[$key] }
        $answer
    }
    $users = @($users)
}
catch {
    $failure = Get-ConnectFailure -ErrorRecord $_ -Action 'Reading from Entra Connect'
    $module.Result.cause = $failure.cause
    $module.Result.error_text = $failure.text
    $module.FailJson($failure.message)
}

$module.Result.runs = @($reported | ForEach-Object { $_.run })
$module.Result.export_errors = @($problems | Where-Object { $_.stage -eq 'export' })
$module.Result.sync_errors = @($problems | Where-Object { $_.stage -ne 'export' })
$module.Result.users = $users
$summary = @{ exported = 0; export_error = 0; sync_error = 0; not_found = 0 }
foreach ($user in $users) { $summary[$user.status]++ }
$module.Result.summary = $summary

# Which attribute the anchor comes from; only a hint of one (facts §2: seen, not documented), so its absence is no error.
$module.Result.source_anchor = $null
try { $module.Result.source_anchor = Get-ConnectSourceAnchor -Setting (Get-ConnectSetting) }
catch { $module.Warn("The source anchor attribute could not be read: $(ConvertTo-VisibleText -Text $_.Exception.Message)") }

$module.ExitJson()
