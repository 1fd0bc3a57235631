# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
<#
.SYNOPSIS
Runs scripts for the connection plugin "resident", one after the other, each in a new runspace of this process.
.DESCRIPTION
This is how a server answers Ansible's connection plugin psrp, whose tasks share a process too. Each request and each answer is
one line of JSON on the Unix socket: {directory, environment, script, input} and {output, error}. Ends when its standard input does.
#>
param ([Parameter(Mandatory)][string] $Socket)

$ErrorActionPreference = 'Stop'

Function Set-ProcessEnvironment {
    # Makes the environment of the process that of the request: a task must not see what an earlier one has set.
    param ([System.Collections.IDictionary] $Environment)
    foreach ($name in @([Environment]::GetEnvironmentVariables().Keys)) {
        if (-not $Environment.Contains($name)) { [Environment]::SetEnvironmentVariable($name, $null) }
    }
    foreach ($name in $Environment.Keys) { [Environment]::SetEnvironmentVariable($name, $Environment[$name]) }
}

# Ansible compiles its C# for each task. Here the types stay, and the first ones count (as over psrp): the sources that were
# compiled before need not be compiled again. An alias comes before the function that Ansible's wrapper defines.
$compileOnce = {
    param ([string[]] $References, [object] $AnsibleModule)
    $text = [Text.Encoding]::UTF8.GetBytes($References -join "`0")
    $hash = [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($text))
    if ([AppDomain]::CurrentDomain.GetData($hash)) { return }
    Ansible.ModuleUtils.AddType\Add-CSharpType -References $References -AnsibleModule $AnsibleModule
    [AppDomain]::CurrentDomain.SetData($hash, $true)
}
$state = [InitialSessionState]::CreateDefault2()
$state.Commands.Add([Management.Automation.Runspaces.SessionStateFunctionEntry]::new('Add-CSharpTypeOnce', $compileOnce))
$state.Commands.Add([Management.Automation.Runspaces.SessionStateAliasEntry]::new('Add-CSharpType', 'Add-CSharpTypeOnce'))

Function Invoke-Request {
    param ([System.Collections.IDictionary] $Request)
    Set-ProcessEnvironment -Environment $Request.environment
    [Environment]::CurrentDirectory = $Request.directory
    $shell = [PowerShell]::Create($state)
    try {
        $output = @($shell.AddScript($Request.script).Invoke($Request.input))
        @{ output = $output -join "`n"; error = $shell.Streams.Error -join "`n" }
    }
    catch { @{ output = ''; error = "$_" } }
    finally {
        $shell.Runspace.Dispose()
        $shell.Dispose()
    }
}

$listener = [Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
$listener.Bind([Net.Sockets.UnixDomainSocketEndPoint]::new($Socket))
$listener.Listen(16)
# Says that it listens, and where this PowerShell lies.
[Console]::Out.WriteLine($PSHOME)
$ended = [Console]::OpenStandardInput().ReadAsync([byte[]]::new(1), 0, 1)
while ($true) {
    $accepted = $listener.AcceptAsync()
    if ([Threading.Tasks.Task]::WaitAny(@($accepted, $ended)) -eq 1) { exit 0 }
    $stream = [Net.Sockets.NetworkStream]::new($accepted.Result, $true)
    $request = [IO.StreamReader]::new($stream).ReadLine() | ConvertFrom-Json -AsHashtable -DateKind String
    $answer = Invoke-Request -Request $request | ConvertTo-Json -Compress
    $writer = [IO.StreamWriter]::new($stream)
    $writer.WriteLine($answer)
    $writer.Dispose()
}
