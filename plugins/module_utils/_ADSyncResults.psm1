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
        advice = 'Some objects of the connector space are in a transient state; later cycles resolve that.'
    }
    @{
        outcome = 'warning'
        names = 'completed-warnings', 'completed-*-warnings'
        advice = 'The Synchronization Service Manager (Operations) and the Application event log of the server name the warnings.'
    }
    @{
        outcome = 'error'
        names = @('completed-export-errors')
        advice = 'Some objects were refused; export_errors names them and says what to do.'
    }
    @{
        outcome = 'error'
        names = @('completed-sync-errors')
        advice = 'Some objects could not be synchronized on the server; sync_errors names them.'
    }
    @{
        outcome = 'error'
        names = @('completed-discovery-errors')
        advice = 'Some objects of the directory could not be read; sync_errors names them (stage discovery). Correct them in the directory and run again.'
    }
    @{
        outcome = 'error'
        names = @('stopped-deletion-threshold-exceeded')
        advice = 'More deletions were pending than the threshold allows (500 unless set), so they were held back. If they are not meant, put the ' +
        'filtering or the OU back and run again; if they are, raise the threshold on the server (Enable-ADSyncExportDeletionThreshold, ' +
        'which asks for a sign-in), run again, and set it back.'
    }
    @{
        outcome = 'error'
        names = @('no-start-connection')
        advice = 'No domain controller could be reached: check DNS, the network and the password of the AD DS connector account.'
        advice_entra = 'Entra ID could not be reached: check the proxy, TLS 1.2, DNS and the connector''s credential on the server.'
    }
    @{
        outcome = 'error'
        names = @('no-start-no-domain-controller')
        advice = 'No domain controller could be reached: check DNS, the network and the connector''s preferred domain controllers.'
    }
    @{
        outcome = 'error'
        names = @('no-start-credentials')
        advice = 'The AD DS connector account could not sign in: it is locked or disabled, or the connector has an old password. Enter the ' +
        'password in the connector''s properties (Synchronization Service Manager, Connectors), then run again.'
        advice_entra = 'The connector could not sign in to Entra ID: run the Entra Connect wizard on the server and sign in, then run again.'
    }
    @{
        outcome = 'error'
        names = @('access-denied')
        advice = 'The account that started the run may not: use a member of ADSyncAdmins or ADSyncOperators on the server.'
    }
    @{
        outcome = 'error'
        names = 'no-start-ma-already-running', 'no-start-concurrent-execution-not-support'
        advice = 'Another run was in progress: wait until no connector is busy (adsync_info: busy_connectors), then run again.'
    }
    @{
        outcome = 'error'
        names = @('no-start-ma-update-in-progress')
        advice = 'The connector was being changed: finish or close the Entra Connect wizard and the connector''s properties, then run again.'
    }
    @{
        outcome = 'error'
        names = 'no-start-unknown-profile-name', 'no-start-no-steps-in-profile', 'no-start-delta-step-type-not-configured'
        advice = 'The run profile is missing or incomplete: compare it with those of another connector (Synchronization Service Manager, ' +
        'Connectors, Configure Run Profiles) and put it back.'
    }
    @{
        outcome = 'error'
        names = 'no-start-bad-ma-configuration', 'stopped-bad-ma-configuration'
        advice = 'The configuration of the connector is not valid: run the Entra Connect wizard (Customize synchronization options), then run again.'
    }
    @{
        outcome = 'error'
        names = 'no-start-full-import-required', 'no-start-change-log-not-enabled', 'stopped-change-log-out-of-order'
        advice = 'The connector cannot read only what has changed: run a cycle with policy_type initial.'
    }
    @{
        outcome = 'error'
        names = 'no-start-partition-not-configured', 'no-start-partition-rename', 'no-start-no-partition-delete', 'no-start-partition-delete'
        advice = 'A domain that the connector reads was removed, renamed or not selected: choose the domains and OUs again in the Entra Connect ' +
        'wizard, then run a cycle with policy_type initial.'
    }
    @{
        outcome = 'error'
        names = 'no-start-database-permission', 'no-start-database-schema-mismatch', 'no-start-database-table'
        advice = 'A database refused the connector or has another layout than the connector expects: check its permissions and its tables.'
    }
    @{
        outcome = 'error'
        names = 'no-start-file-access-denied', 'no-start-file-code-page', 'no-start-file-contains-incorrect-step-type', 'no-start-file-not-found',
        'no-start-file-open', 'no-start-file-sharing-violation', 'no-start-header-row-mismatch', 'stopped-file-embedded-nulls', 'stopped-file-error',
        'embedded-null'
        advice = 'A file of the connector is missing, in use, or not as the connector expects; the Application event log of the server names it.'
    }
    @{
        outcome = 'error'
        names = 'stopped-server-down', 'stopped-connectivity'
        advice = 'The directory went away while it was being read or written; run again when it is back.'
    }
    @{
        outcome = 'error'
        names = @('stopped-error-limit')
        advice = 'More than 5,000 objects failed, so the run gave up; export_errors and sync_errors name the first of them.'
    }
    @{
        outcome = 'error'
        names = @('stopped-object-limit')
        advice = 'The run profile ends after a set number of objects: take the limit out of its step, then run again.'
    }
    @{
        outcome = 'error'
        names = 'stopped-extension-dll-access', 'stopped-extension-dll-ambiguous', 'stopped-extension-dll-exception',
        'stopped-extension-dll-file-not-found', 'stopped-extension-dll-instantiation', 'stopped-extension-dll-invalid-assembly',
        'stopped-extension-dll-load', 'stopped-extension-dll-missing-dependency', 'stopped-extension-dll-no-implementation',
        'stopped-extension-dll-not-configured-for-ma', 'stopped-extension-dll-not-configured-for-mv', 'stopped-extension-dll-updated-version'
        advice = 'The program of the connector failed; the Application event log of the server (sources ADSync and Directory Synchronization) says why.'
        advice_entra = 'The program of the connector failed; the Application event log of the server (sources ADSync and Directory Synchronization) ' +
        'says why. Often the connector''s account is disabled or its password expired, the network or the proxy fails, or the version is too old.'
    }
    @{
        outcome = 'error'
        names = 'stopped-database-connection-lost', 'stopped-database-disk-full', 'stopped-deadlocked', 'stopped-disk-full', 'stopped-out-of-memory'
        advice = 'The server ran out of disk or memory, or its database did not answer: check disk, memory and SQL Server, then run again.'
    }
    @{
        outcome = 'error'
        names = @('stopped-service-shutdown')
        advice = 'The service Microsoft Azure AD Sync (ADSync) was stopped during the run: start it, then run again.'
    }
    @{
        outcome = 'error'
        names = 'stopped-user-termination-from-wmi-or-ui', 'stopped-user-termination-from-extension'
        advice = 'Somebody stopped the run; run again.'
    }
    @{
        outcome = 'error'
        names = 'stopped-import-read', 'stopped-export-write', 'stopped-parsing-errors', 'stopped-code-page-conversion'
        advice = 'The directory''s data could not be read or written; export_errors, sync_errors and the Application event log of the server say more.'
    }
    @{
        outcome = 'error'
        names = 'no-start-ma', 'no-start-ma-working-directory', 'stopped-ma', 'no-start-server', 'stopped-server', 'call-failure', 'connection-failure'
        advice = 'The synchronization service failed: see the Application event log of the server (source ADSync), restart the service ADSync, ' +
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
        return @{ outcome = 'error'; advice = 'The server stored no result: look at the run in the Synchronization Service Manager (Operations).' }
    }
    @{
        outcome = 'error'
        advice = "This result is unknown to the collection and counts as an error: look the run up in the Synchronization Service Manager " +
        "(Operations), and report the name '$Name' to the collection."
    }
}

Export-ModuleMember -Function Get-ConnectResult
