# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people use today, on the same servers: a task that loops over users, and a search of somebody else's.

azure.azcollection's azure_rm_aduser cannot be measured here: it sends to graph.microsoft.com or a national cloud's
host, which no option changes, and needs some sixty libraries of azure.mgmt. A loop of ansible.builtin.uri sends the one
PATCH that a user needs, where that module reads before and after as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.dc.directory import bulk_user

from . import floor
from .figures import PEER_READ, PEER_WRITE, Figure
from .playbook import Playbooks
from .runs import figure
from .site import BASE, Site

SAMPLE = 50
COLLECTIONS = Path(__file__).resolve().parents[2] / ".cache" / "peers"
"""Where tests/tools/peer_collections.py lays community.general."""


def measured(site: Site, books: Playbooks, with_loop: bool) -> Iterator[Figure]:
    """The search over all users and, ``with_loop``, the loop on SAMPLE of them, each of whom gets an ImmutableId."""
    if with_loop:
        site.empty()
        yield _loop(site, books)
    interpreter = _python_with_ldap()
    if interpreter and COLLECTIONS.is_dir():
        yield _search(site, books, interpreter)


def _loop(site: Site, books: Playbooks) -> Figure:
    lab = site.lab
    anchors = floor.anchors(lab["ldap"], BASE)
    names = [bulk_user(number)["upn"] for number in range(1, min(SAMPLE, site.users) + 1)]
    token: dict[str, Any] = {
        "name": "Sign in",
        "ansible.builtin.uri": {
            "url": f"{lab['authority']}/{lab['tenant']}/oauth2/v2.0/token",
            "method": "POST",
            "ca_path": lab["ca_cert"],
            "body_format": "form-urlencoded",
            "body": {
                "grant_type": "client_credentials",
                "client_id": lab["client_id"],
                "client_secret": "{{ hybrid_identity_entra.secret }}",
                "scope": f"{lab['graph_url']}/.default",
            },
        },
        "register": "signed_in",
        "no_log": True,
    }
    patch: dict[str, Any] = {
        "name": "Set the ImmutableId",
        "ansible.builtin.uri": {
            "url": lab["graph_url"] + "/v1.0/users/{{ item.name }}",
            "method": "PATCH",
            "ca_path": lab["ca_cert"],
            "headers": {"Authorization": "Bearer {{ signed_in.json.access_token }}"},
            "body_format": "json",
            "body": {"onPremisesImmutableId": "{{ item.value }}"},
            "status_code": 204,
        },
        "loop": [{"name": name, "value": anchors[name.lower()]} for name in names],
        "loop_control": {"label": "{{ item.name }}"},
    }
    site.begin()
    run, tasks = books.run({"tasks": [token, patch]})
    asked = site.asked()
    seconds = next(task.seconds for task in reversed(tasks) if task.action == "uri")
    return figure(PEER_WRITE, len(names), run, asked, seconds)


def _search(site: Site, books: Playbooks, interpreter: str) -> Figure:
    ldap = site.lab["ldap"]
    task = {
        "name": "Read the users",
        "community.general.ldap_search": {
            "server_uri": f"ldaps://{ldap['server']}:{ldap['port']}",
            "bind_dn": ldap["username"],
            "bind_pw": "{{ hybrid_identity_ad.password }}",
            "ca_path": ldap["ca_cert"],
            "dn": BASE,
            "scope": "children",
            "filter": "(sAMAccountType=805306368)",
            "attrs": ["userPrincipalName", "objectGUID", "mS-DS-ConsistencyGuid"],
            "base64_attributes": ["objectGUID", "mS-DS-ConsistencyGuid"],
            "page_size": 1000,
        },
        "vars": {"ansible_python_interpreter": interpreter},
    }
    paths = [str(COLLECTIONS), *filter(None, [os.environ.get("ANSIBLE_COLLECTIONS_PATH")])]
    run, tasks = books.run({"tasks": [task]}, {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(paths)})
    seconds = next(task.seconds for task in tasks if task.action == "ldap_search")
    return figure(PEER_READ, site.users, run, None, seconds)


def _python_with_ldap() -> str | None:
    """A Python that has python-ldap, which PyPI has no wheels of: the system's, with Debian's python3-ldap."""
    for program in (sys.executable, "/usr/bin/python3"):
        done = subprocess.run([program, "-c", "import ldap"], capture_output=True, timeout=60, check=False)
        if done.returncode == 0:
            return program
    return None
