# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# FOR INTERNAL COLLECTION USE ONLY: what the result of a run or of a step means, and what to do about it (facts §5 and §20).

# Every name that Microsoft documents or that was seen. The first group that has the name or a pattern of it counts.
# advice_entra replaces advice for the connector to Entra ID.
$script:Results = @(
    @{ outcome = 'success'; names = 'success', 'completed-no-objects', 'completed-skipped-already-completed' }
    @{ outcome = 'running'; names = 'in-progress', 'completing-obsoletion', 'completing-referential-updates', 'completing-recomputation' }
    @{
        outcome = 'warning'
        names = @('completed-transient-*')
        advice = 'Some objects of the connector space are in a transient state. Later cycles resolve this.'
    }
    @{
        outcome = 'warning'
        names = 'completed-warnings', 'completed-*-warnings'
        advice = 'Find the warnings in the Synchronization Service Manager (Operations) and in the Application event log of the server.'
    }
    @{
        outcome = 'error'
        names = @('completed-export-errors')
        advice = 'Some objects were refused. export_errors lists them and says what to do.'
    }
    @{
        outcome = 'error'
        names = @('completed-sync-errors')
        advice = 'Some objects could not be synchronized on the server. sync_errors lists them.'
    }
    @{
        outcome = 'error'
        names = @('completed-discovery-errors')
        advice = 'Some objects of the directory could not be read. sync_errors lists them (stage discovery). Correct them in the directory ' +
        'and run the task again.'
    }
    @{
        outcome = 'error'
        names = @('stopped-deletion-threshold-exceeded')
        advice = 'More deletions were pending than the threshold allows (500 by default), so nothing was deleted. If you did not intend them, restore the ' +
        'filtering or the OU and run the task again. If you did, raise the threshold on the server (Enable-ADSyncExportDeletionThreshold, ' +
        'which asks you to sign in), run the task again, and restore the threshold.'
    }
    @{
        outcome = 'error'
        names = @('no-start-connection')
        advice = 'No domain controller could be reached. Check DNS, the network and the password of the AD DS connector account.'
        advice_entra = 'Entra ID could not be reached. Check the proxy, TLS 1.2, DNS and the credential of the connector on the server.'
    }
    @{
        outcome = 'error'
        names = @('no-start-no-domain-controller')
        advice = 'No domain controller could be reached. Check DNS, the network and the preferred domain controllers of the connector.'
    }
    @{
        outcome = 'error'
        names = @('no-start-credentials')
        advice = 'The AD DS connector account could not sign in. It is locked or disabled, or the connector has an old password. Enter the ' +
        'password in the properties of the connector (Synchronization Service Manager, Connectors), then run the task again.'
        advice_entra = 'The connector could not sign in to Entra ID. Run the Entra Connect wizard on the server and sign in, then run the task again.'
    }
    @{
        outcome = 'error'
        names = @('access-denied')
        advice = 'The account that started the run lacks the permission. Use a member of ADSyncAdmins or ADSyncOperators on the server.'
    }
    @{
        outcome = 'error'
        names = 'no-start-ma-already-running', 'no-start-concurrent-execution-not-support'
        advice = 'Another run was in progress. Wait until no connector is busy (adsync_info: busy_connectors), then run the task again.'
    }
    @{
        outcome = 'error'
        names = @('no-start-ma-update-in-progress')
        advice = 'Somebody was changing the connector. Finish or close the Entra Connect wizard and the properties of the connector, then run the task again.'
    }
    @{
        outcome = 'error'
        names = 'no-start-unknown-profile-name', 'no-start-no-steps-in-profile', 'no-start-delta-step-type-not-configured'
        advice = 'The run profile is missing or incomplete. Compare it with the run profiles of another connector (Synchronization Service Manager, ' +
        'Connectors, Configure Run Profiles) and restore it.'
    }
    @{
        outcome = 'error'
        names = 'no-start-bad-ma-configuration', 'stopped-bad-ma-configuration'
        advice = 'The configuration of the connector is not valid. Run the Entra Connect wizard (Customize synchronization options), then run the task again.'
    }
    @{
        outcome = 'error'
        names = 'no-start-full-import-required', 'no-start-change-log-not-enabled', 'stopped-change-log-out-of-order'
        advice = 'The connector cannot read only the changes. Run a cycle with policy_type initial.'
    }
    @{
        outcome = 'error'
        names = 'no-start-partition-not-configured', 'no-start-partition-rename', 'no-start-no-partition-delete', 'no-start-partition-delete'
        advice = 'A domain that the connector reads was removed, renamed or not selected. Select the domains and OUs again in the Entra Connect ' +
        'wizard, then run a cycle with policy_type initial.'
    }
    @{
        outcome = 'error'
        names = 'no-start-database-permission', 'no-start-database-schema-mismatch', 'no-start-database-table'
        advice = 'A database refused the connector or does not have the expected layout. Check its permissions and its tables.'
    }
    @{
        outcome = 'error'
        names = 'no-start-file-access-denied', 'no-start-file-code-page', 'no-start-file-contains-incorrect-step-type', 'no-start-file-not-found',
        'no-start-file-open', 'no-start-file-sharing-violation', 'no-start-header-row-mismatch', 'stopped-file-embedded-nulls', 'stopped-file-error',
        'embedded-null'
        advice = 'A file of the connector is missing, in use, or not valid. Find its name in the Application event log of the server.'
    }
    @{
        outcome = 'error'
        names = 'stopped-server-down', 'stopped-connectivity'
        advice = 'The directory became unavailable while it was read or written. Run the task again when it is available.'
    }
    @{
        outcome = 'error'
        names = @('stopped-error-limit')
        advice = 'More than 5,000 objects failed, so the run stopped. export_errors and sync_errors list the first of them.'
    }
    @{
        outcome = 'error'
        names = @('stopped-object-limit')
        advice = 'The run profile ends after a set number of objects. Remove the limit from its step, then run the task again.'
    }
    @{
        outcome = 'error'
        names = 'stopped-extension-dll-access', 'stopped-extension-dll-ambiguous', 'stopped-extension-dll-exception',
        'stopped-extension-dll-file-not-found', 'stopped-extension-dll-instantiation', 'stopped-extension-dll-invalid-assembly',
        'stopped-extension-dll-load', 'stopped-extension-dll-missing-dependency', 'stopped-extension-dll-no-implementation',
        'stopped-extension-dll-not-configured-for-ma', 'stopped-extension-dll-not-configured-for-mv', 'stopped-extension-dll-updated-version'
        advice = 'The program of the connector failed. Find the cause in the Application event log of the server (sources ADSync and ' +
        'Directory Synchronization).'
        advice_entra = 'The program of the connector failed. Find the cause in the Application event log of the server (sources ADSync and Directory ' +
        'Synchronization). Often the connector account is disabled or its password expired, the network or the proxy fails, or the version is too old.'
    }
    @{
        outcome = 'error'
        names = 'stopped-database-connection-lost', 'stopped-database-disk-full', 'stopped-deadlocked', 'stopped-disk-full', 'stopped-out-of-memory'
        advice = 'The server ran out of disk space or memory, or its database did not answer. Check disk, memory and SQL Server, then run the task again.'
    }
    @{
        outcome = 'error'
        names = @('stopped-service-shutdown')
        advice = 'The service Microsoft Azure AD Sync (ADSync) was stopped during the run. Start it, then run the task again.'
    }
    @{
        outcome = 'error'
        names = 'stopped-user-termination-from-wmi-or-ui', 'stopped-user-termination-from-extension'
        advice = 'Somebody stopped the run. Run the task again.'
    }
    @{
        outcome = 'error'
        names = 'stopped-import-read', 'stopped-export-write', 'stopped-parsing-errors', 'stopped-code-page-conversion'
        advice = 'The data of the directory could not be read or written. Find the details in export_errors, sync_errors and the ' +
        'Application event log of the server.'
    }
    @{
        outcome = 'error'
        names = 'no-start-ma', 'no-start-ma-working-directory', 'stopped-ma', 'no-start-server', 'stopped-server', 'call-failure', 'connection-failure'
        advice = 'The synchronization service failed. Check the Application event log of the server (source ADSync), restart the service ADSync, ' +
        'then run again.'
    }
)

Function Get-ConnectResult {
    <#
    .SYNOPSIS
    What the result of a run or a step means, a token that no language changes: outcome and advice.

    .DESCRIPTION
    outcome is success, warning, error or running. advice is one sentence on what to do, or null where there is nothing to do.
    A name that nobody has documented is an error, since nothing shows that all is well.

    .PARAMETER Kind
    ad or entra: which side the connector talks to.
    #>
    [CmdletBinding()]
    [OutputType([hashtable])]
    param (
        [Parameter(Mandatory)][AllowEmptyString()][string] $Name,
        [Parameter()][AllowEmptyString()][string] $Kind
    )

    foreach ($group in $script:Results) {
        if (-not @($group.names | Where-Object { $Name -like $_ }).Count) { continue }
        $advice = if ($Kind -eq 'entra' -and $group.advice_entra) { $group.advice_entra } else { $group.advice }
        return @{ outcome = $group.outcome; advice = $advice }
    }
    if (-not $Name) {
        return @{ outcome = 'error'; advice = 'The server stored no result. Open the run in the Synchronization Service Manager (Operations).' }
    }
    @{
        outcome = 'error'
        advice = "The collection does not know this result and treats it as an error. Open the run in the Synchronization Service Manager " +
        "(Operations), and report the name '$Name' to the maintainers of this collection."
    }
}

Export-ModuleMember -Function Get-ConnectResult
