# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say, as one JSON object on stdout, what this host is today: none, domain (the wanted one), half_made or refused.

Reads only. Standard library only, since it also runs (in check mode) where Samba is not installed.
Argument 1 is a JSON object of strings: ``dns_name``, ``netbios_name``, ``host_name`` (empty: the name it has),
``state_dir`` (empty: the distribution's paths).
"""

from __future__ import annotations

import json
import os
import socket
import sys

MARKER = ".ad_domain_provisioning"
STOCK_CONF = "/usr/share/samba/smb.conf"
DC_ROLES = {"active directory domain controller", "domain controller", "dc"}
MEMBER_ROLES = {"member server", "member"}
CLASSIC_ROLES = {"classic primary domain controller", "classic backup domain controller"}
PROGRAMS = ("/usr/sbin/samba", "/usr/bin/samba-tool", "/usr/sbin/winbindd", "/usr/share/samba/setup/provision.ldif")
Sections = dict[str, dict[str, str]]


def layout(state_dir: str) -> dict[str, str]:
    if state_dir:
        return {
            "state": state_dir,
            "conf": f"{state_dir}/etc/smb.conf",
            "own_conf": f"{state_dir}/etc/ad_domain.conf",
            "private": f"{state_dir}/private",
            "sysvol": f"{state_dir}/state/sysvol",
            "tls": f"{state_dir}/tls",
            "pid": f"{state_dir}/run/samba.pid",
            "marker": f"{state_dir}/{MARKER}",
        }
    return {
        "state": "/var/lib/samba",
        "conf": "/etc/samba/smb.conf",
        "own_conf": "/etc/samba/ad_domain.conf",
        "private": "/var/lib/samba/private",
        "sysvol": "/var/lib/samba/sysvol",
        "tls": "/var/lib/samba/tls",
        "pid": "/run/samba/samba.pid",
        "marker": f"/var/lib/samba/{MARKER}",
    }


def read_conf(path: str) -> Sections | None:
    """Parse an smb.conf; parameter names lose case and blanks, as Samba reads them. None: there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            text = handle.read().replace("\\\n", "")
    except FileNotFoundError:
        return None
    sections: Sections = {}
    current = sections.setdefault("global", {})
    for line in (raw.strip() for raw in text.splitlines()):
        if not line or line[0] in "#;":
            continue
        if line.startswith("["):
            current = sections.setdefault(line.strip("[] \t").lower(), {})
        elif "=" in line:
            key, value = line.split("=", 1)
            current["".join(key.split()).lower()] = value.strip()
    return sections


def server_role(conf: Sections) -> str:
    """One of dc, member, classic, standalone."""
    options = conf["global"]
    role = options.get("serverrole", "auto").lower()
    security = options.get("security", "auto").lower()
    if role in DC_ROLES:
        return "dc"
    if role in MEMBER_ROLES or security in {"ads", "domain"}:
        return "member"
    if role in CLASSIC_ROLES or options.get("domainlogons", "no").lower() in {"yes", "true", "1"}:
        return "classic"
    return "standalone"


def is_stock(conf: Sections) -> bool:
    """Whether nobody has changed the package's file; debconf itself may set the workgroup and an include for DHCP."""
    stock = read_conf(STOCK_CONF)
    if stock is None:
        return False

    def essence(sections: Sections) -> Sections:
        drop = {"workgroup", "include"}
        return {name: {k: v for k, v in body.items() if k not in drop} for name, body in sections.items()}

    return essence(conf) == essence(stock)


def joined_by_sssd() -> str:
    """The domain that sssd has joined this host to, or an empty string."""
    conf = read_conf("/etc/sssd/sssd.conf")
    for name, body in (conf or {}).items():
        if body.get("id_provider", "").lower() == "ad":
            return body.get("ad_domain", name.removeprefix("domain/"))
    return ""


def own_domain(wanted: dict[str, str], conf: Sections, has_database: bool) -> tuple[str, str]:
    """State and reason of a folder whose smb.conf says domain controller."""
    realm = conf["global"].get("realm", "").lower()
    netbios = conf["global"].get("workgroup", "").upper()
    if realm != wanted["dns_name"]:
        return "refused", (
            f"This host is already a domain controller of {realm or 'an unnamed domain'}, not of {wanted['dns_name']}. "
            "Choose another host, or set ad_domain_dns_name to the domain of this host."
        )
    if netbios != wanted["netbios_name"]:
        return "refused", (
            f"The domain {realm} on this host has the NetBIOS name {netbios}, not {wanted['netbios_name']}, and this "
            f"role cannot rename a domain. Set ad_domain_netbios_name to {netbios}."
        )
    if not has_database:
        return "refused", (
            f"The smb.conf on this host names the domain {realm}, but its directory database is missing. Restore the "
            "database from a backup, or, to start again, move that smb.conf to another place."
        )
    return "domain", ""


def host_conflict(conf: Sections | None) -> str:
    """Why the host's own /etc/samba/smb.conf, or sssd, forbids a new domain here; empty where nothing does."""
    leave = "remove it from that domain first, or choose another host"
    joined = joined_by_sssd()
    if joined:
        return f"This host is a member of the domain {joined} (sssd): {leave}."
    if conf is None:
        return ""
    role = server_role(conf)
    name = conf["global"].get("realm", "").lower() or conf["global"].get("workgroup", "another domain")
    if role == "dc":
        return f"This host is already a domain controller of {name} by /etc/samba/smb.conf: choose another host."
    if role == "member":
        return f"This host is a member of the domain {name}: {leave}."
    if role == "classic":
        return f"This host is an NT4-style domain controller of {name}: choose another host."
    shares = sorted(set(conf) - {"global"})
    if shares and not is_stock(conf):
        return (
            f"This host is a file server (/etc/samba/smb.conf has the shares {', '.join(shares)}), which the role does "
            "not overwrite. Choose another host, or move that file to another place."
        )
    return ""


def judge(wanted: dict[str, str], paths: dict[str, str]) -> tuple[str, str]:
    """State (none, domain, half_made, refused) and, for the last, one sentence why and what to do."""
    host_name = wanted["host_name"].upper()
    if host_name == wanted["netbios_name"]:
        return "refused", (
            f"The domain's NetBIOS name {wanted['netbios_name']} equals the host's name: set ad_domain_netbios_name or"
            " ad_domain_samba_host_name to something else."
        )
    if os.path.exists(paths["marker"]):
        with open(paths["marker"], encoding="utf-8") as handle:
            begun = handle.read().strip()
        if begun != wanted["dns_name"]:
            return "refused", (
                f"The provisioning of the domain {begun} was interrupted on this host. Run the role for that domain to "
                f"finish it, or remove {paths['marker']} and the files in the same folder."
            )
        return "half_made", ""
    conf = read_conf(paths["conf"])
    has_database = os.path.exists(f"{paths['private']}/sam.ldb")
    if conf is not None and server_role(conf) == "dc":
        return own_domain(wanted, conf, has_database)
    conflict = host_conflict(read_conf("/etc/samba/smb.conf"))
    if conflict:
        return "refused", conflict
    if has_database:
        return "refused", (
            f"{paths['private']} contains a directory database, but there is no smb.conf of a domain controller. "
            "Restore that file, or move the database to another place."
        )
    if wanted["state_dir"] and os.path.isdir(paths["state"]):
        foreign = sorted(set(os.listdir(paths["state"])) - {"tls"})
        if foreign:
            seen = ", ".join(foreign[:5])
            return "refused", f"{paths['state']} is not empty ({seen}). Use an empty folder for the domain."
    return "none", ""


def leftovers(wanted: dict[str, str], paths: dict[str, str]) -> list[str]:
    """What an interrupted provisioning has made; a stock smb.conf was moved away before it began."""
    if not wanted["state_dir"]:
        return [paths["conf"], paths["own_conf"], paths["private"], paths["sysvol"]]
    names = sorted(os.listdir(paths["state"]))
    kept = {"tls", MARKER}
    return [f"{paths['state']}/{name}" for name in names if name not in kept and not name.startswith("half-made-")]


def is_own(address: str) -> bool:
    """Whether this host has an IP address: only those can be bound."""
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(kind, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def domain_controllers(dns_name: str) -> list[str] | None:
    """The addresses of other hosts' domain controllers of a forest of this name; None if DNS does not answer.

    Each global catalog, which the first domain controller of a forest always is, registers its address as
    ``gc._msdcs.<forest>`` (Netlogon's records on Windows, dns_update_list in Samba).
    """
    try:
        found = socket.getaddrinfo(f"gc._msdcs.{dns_name}.", None, type=socket.SOCK_DGRAM)
    except socket.gaierror as error:
        return [] if error.errno in (socket.EAI_NONAME, socket.EAI_NODATA) else None
    return sorted({str(each[4][0]) for each in found if not is_own(str(each[4][0]))})


def os_release() -> dict[str, str]:
    found = {}
    with open("/etc/os-release", encoding="utf-8") as handle:
        for line in handle:
            key, _equals, value = line.strip().partition("=")
            found[key] = value.strip('"')
    return found


def main() -> None:
    wanted = json.loads(sys.argv[1])
    wanted["host_name"] = wanted["host_name"] or socket.gethostname().split(".")[0]
    paths = layout(wanted["state_dir"])
    release = os_release()
    state, reason = judge(wanted, paths)
    others = domain_controllers(wanted["dns_name"]) if state in ("none", "half_made") else []
    print(
        json.dumps(
            {
                "state": state,
                "reason": reason,
                "dns_answers": others is not None,
                "domain_controllers": others or [],
                "paths": paths,
                "leftovers": leftovers(wanted, paths) if state == "half_made" else [],
                "host_name": wanted["host_name"].lower(),
                "family": " ".join([release.get("ID", ""), release.get("ID_LIKE", "")]).split(),
                "release": release.get("PRETTY_NAME", "unknown"),
                "installed": all(os.path.exists(path) for path in PROGRAMS),
                "systemd": os.path.isdir("/run/systemd/system"),
            }
        )
    )


if __name__ == "__main__":
    main()
