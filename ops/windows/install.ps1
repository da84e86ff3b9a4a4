#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Installiert das cobra-Sage-Relay aus diesem Ordner, ohne Internet. / Installs the relay from this folder, offline.

.DESCRIPTION
Zweimal aufrufen: zuerst ohne -Service (Programm, Ordner, relay.toml), nach dem Einrichten mit -Service
(Windows-Dienst, Wiederherstellung). Mehrmals aufrufen schadet nicht; eine neuere Version ersetzt die alte.
Call it twice: first without -Service (program, folders, relay.toml), after the setting up with -Service
(Windows service, recovery). Calling it again does no harm; a newer version replaces the older one.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1
powershell -ExecutionPolicy Bypass -File install.ps1 -Service

.EXAMPLE
Ein weiteres Relay mit eigenem Ordner, zweimal aufrufen. / Another relay with a folder of its own, call it twice.
powershell -ExecutionPolicy Bypass -File install.ps1 -Service -Name cobra-sage-relay-immo
#>
[CmdletBinding()]
param(
    [switch] $Service,
    [string] $Name = 'cobra-sage-relay',
    [string] $Python = 'py.exe',
    [string] $Program = (Join-Path $env:ProgramFiles 'cobra-sage-relay'),
    [string] $Data = (Join-Path $env:ProgramData $Name),
    [string] $Account = "NT SERVICE\$Name"
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$Relay = Join-Path $Program 'Scripts\relay.exe'
$Config = Join-Path $Data 'relay.toml'

function Invoke-Checked([string] $File, [string[]] $Arguments) {
    & $File @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$File $Arguments : $LASTEXITCODE" }
}

function Test-Sums {
    foreach ($line in Get-Content (Join-Path $PSScriptRoot 'SHA256SUMS')) {
        $sum, $file = $line -split '  ', 2
        $found = (Get-FileHash -Algorithm SHA256 -LiteralPath (Join-Path $PSScriptRoot $file)).Hash
        if ($found -ne $sum) { throw "Beschädigt, neu kopieren / damaged, copy again: $file" }
    }
}

function Test-Driver {
    if (-not (Get-OdbcDriver -Name 'ODBC Driver 1[78] for SQL Server' -Platform '64-bit' -ErrorAction SilentlyContinue)) {
        throw 'Zuerst Microsofts ODBC-Treiber 18 installieren / first install the ODBC driver 18: msodbcsql.msi'
    }
}

function Install-Program {
    $venv = if ($Python -eq 'py.exe') { @('-3.11', '-m', 'venv', $Program) } else { @('-m', 'venv', $Program) }
    Invoke-Checked $Python $venv
    $pip = Join-Path $Program 'Scripts\python.exe'
    $wheels = Join-Path $PSScriptRoot 'wheels'
    $offline = @('-m', 'pip', 'install', '--no-index', '--find-links', $wheels)
    Invoke-Checked $pip ($offline + @('--requirement', (Join-Path $PSScriptRoot 'requirements.txt')))
    $own = (Get-ChildItem $wheels -Filter 'cobra_sage_relay-*.whl').FullName
    Invoke-Checked $pip ($offline + @('--no-deps', '--force-reinstall', $own))
}

function Initialize-Data {
    New-Item -ItemType Directory -Force (Join-Path $Data 'log') | Out-Null
    # Passwords may lie here: nobody but administrators (S-1-5-32-544) and the system (S-1-5-18).
    Invoke-Checked 'icacls.exe' @($Data, '/inheritance:r', '/grant:r',
        '*S-1-5-32-544:(OI)(CI)F', '*S-1-5-18:(OI)(CI)F')
    if (-not (Test-Path $Config)) { Invoke-Checked $Relay @('--config', $Config, 'init') }
}

function Install-RelayService {
    if (-not (Get-Service $Name -ErrorAction SilentlyContinue)) {
        Invoke-Checked $Relay @('--config', $Config, 'service', 'install', '--name', $Name, '--account', $Account)
    }
    Invoke-Checked 'icacls.exe' @($Data, '/grant', "${Account}:(OI)(CI)RX")
    Invoke-Checked 'icacls.exe' @((Join-Path $Data 'log'), '/grant', "${Account}:(OI)(CI)M")
    # Started again when the process ends by itself; a refusal needs a person first.
    Invoke-Checked 'sc.exe' @('failure', $Name, 'reset=', '86400',
        'actions=', 'restart/5000/restart/30000/restart/60000')
    Invoke-Checked 'sc.exe' @('failureflag', $Name, '0')
}

if ($Service -and -not (Test-Path $Config)) {
    Initialize-Data
    Write-Host "Jetzt anpassen, dann nochmals / now adapt, then once more: $Config"
}
elseif ($Service) {
    Install-RelayService
    Write-Host "Der Dienst ist eingetragen. Starten / to start it: `"$Relay`" service start --name $Name"
}
else {
    Test-Sums
    Test-Driver
    # The program is replaced for every relay of this machine.
    $services = Get-Service -Name 'cobra-sage-relay*', $Name -ErrorAction SilentlyContinue
    foreach ($running in $services) {
        if ($running.Status -ne 'Stopped') {
            throw "Zuerst anhalten / stop it first: `"$Relay`" service stop --name $($running.Name)"
        }
    }
    Install-Program
    Initialize-Data
    if ($Name -eq 'cobra-sage-relay') {
        [Environment]::SetEnvironmentVariable('RELAY_CONFIG', $Config, 'Machine')
    }
    Write-Host "Installiert. Jetzt anpassen / now adapt: $Config"
}
