# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole estate, up and down: certificates, domain controller, emulator, and the files that say where they are."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import ldap3
import yaml

from . import ca, connect_server, dc, emulator, processes
from .dc.directory import bulk_user, connect
from .errors import LabError
from .steps import Steps

ROOT = Path(__file__).resolve().parents[2]
# Some of the seed's users hold admin roles: for them the permission alone is not enough (facts §1).
APP = "privileged"
SUFFIXES = ["contoso.com", "fabrikam.com", "sub.fabrikam.com"]
DC_HOST = "dc1"
# Says that a folder is a lab's, so that no other is ever removed.
MARK = "this-is-a-lab"
OUTSIDE = "outside"
"""The file in the state that names the lab's folder outside of it."""
DOMAIN = "ad.contoso.com"
NETBIOS = "CONTOSO"


def folder() -> Path:
    """The lab's state folder: `.lab` in the project, or where LAB_STATE says."""
    return Path(os.environ.get("LAB_STATE") or ROOT / ".lab").absolute()


def read(state: Path) -> dict[str, Any]:
    """What `up` wrote. Raises LabError where no lab is up."""
    try:
        found: dict[str, Any] = json.loads((state / "lab.json").read_text("utf-8"))
    except FileNotFoundError:
        raise LabError(f"No lab is up in {state}: start it with make lab-up.") from None
    return found


def require_none(state: Path) -> None:
    """Raise LabError, with what to do, if a lab could not be brought up in `state`. Changes nothing."""
    if os.geteuid():
        raise LabError("The lab needs root: a domain controller listens on ports below 1024.")
    if (state / "lab.json").exists() and (emulator.running(state) or dc.running(state)):
        raise LabError(f"A lab is up in {state}. Take it down first: make lab-down")
    _require_own(state)
    dc.require_free_ports(state)


def up(
    state: Path, users: int = 0, people: bool = True, log: Path | None = None, steps: Steps | None = None
) -> dict[str, Any]:
    """Make the estate: a domain with the seed's accounts, a tenant with its users, and `users` plain ones in both.

    Without `people` the domain has organizational units and nobody in them. The output of playbooks goes to `log`, by
    default in `state`. Returns what `lab.json` holds. Raises LabError; then nothing is left running.
    """
    steps = steps or Steps()
    require_none(state)
    if down(state):
        steps.say(f"  Removed what a run that was killed, or a restart of this machine, left in {state}.")
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (state / MARK).touch()
    (state / "runs").mkdir(mode=0o700)
    # Passwords of new accounts must not be in a Git work tree, and the state often is in one.
    (state / OUTSIDE).write_text(tempfile.mkdtemp(prefix="hybrid-identity-lab-"), encoding="utf-8")
    processes.mark(state)
    try:
        steps.begin("Entra ID")
        # OpenLDAP's clients put the machine's own name where they are given localhost.
        tls = ca.write_server_certificate(state / "tls", (*ca.SERVER_NAMES, socket.gethostname()))
        lab = _secrets(state, tls)
        pid, port = emulator.start(state, tls, lab.pop("credentials"))
        lab |= {"graph_url": f"https://localhost:{port}", "authority": f"https://localhost:{port}"}
        lab["tenant"] = emulator.control(lab["graph_url"], tls["ca"], "GET", "health")["tenant"]
        lab["ldap"] = dc.address(state, tls["ca"], lab["admin_password"])
        steps.end(f"emulated at {lab['graph_url']}")
        steps.begin("domain")
        _private(
            state / "inventory.yml",
            yaml.safe_dump(_inventory(state, lab, dc.role_variables(state, tls)), sort_keys=False),
        )
        domain_controller = dc.up(state, state / "inventory.yml", log or state / "playbook.log")
        lab["pids"] = {"emulator": pid, "dc": domain_controller}
        steps.end(f"{DOMAIN}, created with Samba by the role ad_domain")
        steps.begin("sync server")
        connect_server.up(state, lab)
        dc.seed(lab["ldap"], users, people=people)
        fill_tenant(lab, users)
        steps.end("a stand-in for Microsoft Entra Connect")
    except BaseException:
        with processes.undisturbed():
            _stop(state)
        raise
    _write_files(state, lab)
    return lab


def down(state: Path) -> bool:
    """Stop what runs and remove the state folder. False: there was nothing. Raises LabError where one does not stop."""
    if not state.exists() or not any(state.iterdir()):
        return False
    _require_own(state)
    _stop(state)
    if (state / OUTSIDE).exists():
        shutil.rmtree((state / OUTSIDE).read_text("utf-8"), ignore_errors=True)
    shutil.rmtree(state)
    return True


def _require_own(state: Path) -> None:
    if state.exists() and any(state.iterdir()) and not (state / MARK).exists():
        raise LabError(f"{state} is not a lab's folder: set LAB_STATE to one that is, or to one that does not exist.")


def _stop(state: Path) -> None:
    emulator.stop(state)
    dc.down(state)
    processes.end(state)


def fill_tenant(lab: dict[str, Any], users: int = 0) -> None:
    """Give the tenant what depends on AD: the ImmutableIds that its GUIDs make, and the twins of `users` accounts."""
    url, authority = lab["graph_url"], Path(lab["ca_cert"])
    if users:
        emulator.control(url, authority, "POST", "users", twins(users))
    emulator.control(url, authority, "POST", "immutable-ids", _anchors(lab["ldap"]))


def twins(users: int) -> list[dict[str, Any]]:
    """The cloud's side of that many plain accounts, as the control plane takes it."""
    accounts = map(bulk_user, range(1, users + 1))
    return [{"userPrincipalName": each["upn"], "mail": each["mail"], "displayName": each["cn"]} for each in accounts]


def _anchors(ldap: dict[str, Any]) -> dict[str, str]:
    connection = connect(ldap)
    try:
        wanted = ["userPrincipalName", "objectGUID", "mS-DS-ConsistencyGuid"]
        found = connection.extend.standard.paged_search(
            ldap["base_dn"],
            "(&(objectCategory=person)(userPrincipalName=*))",
            ldap3.SUBTREE,
            attributes=wanted,
            paged_size=500,
            generator=False,
        )
    finally:
        connection.unbind()
    anchors = {}
    for entry in found:
        raw = entry.get("raw_attributes")
        if raw:
            anchor = (raw["mS-DS-ConsistencyGuid"] or raw["objectGUID"])[0]
            anchors[raw["userPrincipalName"][0].decode()] = base64.b64encode(anchor).decode()
    return anchors


def _secrets(state: Path, tls: dict[str, Path]) -> dict[str, Any]:
    seed = json.loads(emulator.SEED.read_text("utf-8"))
    apps = {
        app["displayName"]: {"client_id": app["appId"], "secret": secrets.token_urlsafe(30)} for app in seed["apps"]
    }
    certificate = ca.write_app_certificate(state / "tls" / f"{APP}.pem", APP)
    credentials = {name: {"secret": app["secret"]} for name, app in apps.items()}
    credentials[APP]["certificate"] = str(certificate)
    return {
        "domain": DOMAIN,
        "netbios": NETBIOS,
        "ca_cert": str(tls["ca"]),
        "admin_password": f"Lab-{secrets.token_urlsafe(18)}1",
        "apps": apps,
        **apps[APP],
        "certificate_path": str(certificate),
        "credentials": credentials,
    }


def _write_files(state: Path, lab: dict[str, Any]) -> None:
    _private(state / "vars.yml", yaml.safe_dump(_variables(lab)))
    exports = {
        "MICROSOFT_AD_LDAP_SERVER": lab["ldap"]["server"],
        "MICROSOFT_AD_LDAP_CA_CERT": lab["ldap"]["ca_cert"],
        "MICROSOFT_AD_LDAP_USERNAME": lab["ldap"]["username"],
        "MICROSOFT_AD_LDAP_PASSWORD": lab["ldap"]["password"],
        "AZURE_TENANT": lab["tenant"],
        "AZURE_CLIENT_ID": lab["client_id"],
        "AZURE_SECRET": lab["secret"],
        "AZURE_AUTHORITY_HOST": lab["authority"],
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "HYBRID_IDENTITY_GRAPH_URL": lab["graph_url"],
        "HYBRID_IDENTITY_GRAPH_CA_CERT": lab["ca_cert"],
    }
    _private(state / "env", "".join(f"export {name}='{value}'\n" for name, value in exports.items()))
    # Last: its being there says that the lab is up.
    _private(state / "lab.json", json.dumps(lab, indent=2))


def _variables(lab: dict[str, Any]) -> dict[str, Any]:
    """For integration targets; without the roles' own variables, which as extra variables nobody could override."""
    ldap = lab["ldap"]
    return {
        "lab_ldap_server": ldap["server"],
        "lab_ldap_port": ldap["port"],
        "lab_ldap_ca_cert": ldap["ca_cert"],
        "lab_ldap_username": ldap["username"],
        "lab_ldap_password": ldap["password"],
        "lab_ldap_base_dn": ldap["base_dn"],
        "lab_dc_sam": ldap["sam"],
        "lab_dc_smb_conf": ldap["smb_conf"],
        "lab_graph_url": lab["graph_url"],
        "lab_authority": lab["authority"],
        "lab_graph_ca_cert": lab["ca_cert"],
        "lab_tenant": lab["tenant"],
        "lab_client_id": lab["client_id"],
        "lab_secret": lab["secret"],
        "lab_certificate_path": lab["certificate_path"],
        "lab_apps": lab["apps"],
    }


def _inventory(state: Path, lab: dict[str, Any], domain_controller: dict[str, Any]) -> dict[str, Any]:
    """An inventory for `ansible-playbook -i .lab/inventory.yml hybrid.identity.site`."""
    ldap = lab["ldap"]
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ad_domain_create": True,
        "ad_domain_dns_name": DOMAIN,
        "ad_domain_netbios_name": NETBIOS,
        "ad_domain_admin_password": lab["admin_password"],
        **domain_controller,
        "accounts_path": f"OU=People,{ldap['base_dn']}",
        "accounts_password": "random",
        "accounts_password_file": str(Path((state / OUTSIDE).read_text("utf-8"), "new-passwords.jsonl")),
        # The lab's sync sends no passwords.
        "accounts_password_hash_sync": False,
        # Long enough for what the emulator does at once, and not as long as a service takes.
        "sync_verify_timeout": 6,
        "sync_verify_poll_interval": 3,
        "entra_connect_poll_interval": 1,
        "hybrid_identity_domains": SUFFIXES,
        "hybrid_identity_scope": {"upn_suffixes": SUFFIXES},
        "hybrid_identity_max_changes": "100%",
        "hybrid_identity_run_folder": str(state / "runs"),
        "hybrid_identity_ad": {key: ldap[key] for key in ("server", "port", "ca_cert", "username", "password")},
        "hybrid_identity_entra": {
            "tenant": lab["tenant"],
            "client_id": lab["client_id"],
            "secret": lab["secret"],
            "authority": lab["authority"],
            "graph_url": lab["graph_url"],
            "graph_ca_cert": lab["ca_cert"],
            "disable_instance_discovery": True,
        },
    }
    groups: dict[str, Any] = {"domain_controllers": {"hosts": {DC_HOST: None}}}
    if not connect_server.lacking():
        groups["entra_connect"] = {"hosts": {connect_server.HOST: connect_server.host_variables(state)}}
    return {"all": {"hosts": {"localhost": None}, "children": groups, "vars": variables}}


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
