#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: match_report
short_description: Write what a sync would do as a page, a table and a summary
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Writes what a sync would do with each user into files on the machine where it runs, the controller as a rule.
  - The HTML page is one file that needs no network. It has bars by outcome, filters and a search, and can be read on a
    phone and on paper, also with tens of thousands of users.
  - Control characters and invisible characters of a name are written out in all files but O(json), such as C(\n) for a newline.
  - It asks neither directory anything.
  - A file that is there already is replaced only if it is a regular file of the user who runs the task, with one name (no links), that nobody
    else may write to, in a folder that only this user or root may write to.
extends_documentation_fragment:
  - hybrid.identity.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  users:
    description:
      - One record for each AD user, with its keys and those of C(match) in a plan of M(hybrid.identity.match_plan).
    type: list
    elements: dict
    required: true
  cloud_only:
    description:
      - Cloud users without an AD user.
    type: list
    elements: dict
    default: []
  unknown:
    description:
      - What the app may not read, as C(unread) in the first line of a plan. The report puts it first.
    type: list
    elements: dict
    default: []
  html:
    description:
      - Path of the HTML page.
      - At least one of O(html), O(csv), O(json) and O(markdown) is needed. The folder must be there.
    type: path
  csv:
    description:
      - Path of the CSV file, a row for each user, for spreadsheets.
      - A value that a spreadsheet would take for a formula has an apostrophe in front, which some ImmutableIds need. Read the
        JSON file with programs.
    type: path
  json:
    description:
      - Path of the JSON file, with the records as they were given.
    type: path
  markdown:
    description:
      - Path of a summary in Markdown for the page of a CI job. It never holds more than 512 KiB.
    type: path
  title:
    description:
      - The heading of the report.
    type: str
    default: What the first sync would do
  note:
    description:
      - A line below the heading, such as the names of domain and tenant and the time.
      - With a time in it every run writes the files anew.
    type: str
    default: ''
  markdown_users:
    description:
      - How many of the users who need a decision the Markdown summary names at most.
    type: int
    default: 100
  mode:
    description:
      - The permissions of the files, in quotes and with the leading zero. They hold names and addresses of people. Nobody but the owner
        can be allowed to write.
    type: str
    default: '0600'
seealso:
  - module: hybrid.identity.match_plan
"""

EXAMPLES = r"""
- name: Write down what a sync would do
  hybrid.identity.match_report:
    users: "{{ predicted_users }}"
    note: contoso.com and contoso.onmicrosoft.com
    html: report/preflight.html
    csv: report/preflight.csv
    json: report/preflight.json

- name: Show the summary on the page of the GitHub job
  hybrid.identity.match_report:
    users: "{{ predicted_users }}"
    markdown: "{{ lookup('ansible.builtin.env', 'GITHUB_STEP_SUMMARY') }}"
"""

RETURN = r"""
files:
  description: The files of the report, whether they had to be written or not.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: The option that asked for the file.
      returned: always
      type: str
      sample: html
    path:
      description: The path, as it was given.
      returned: always
      type: str
      sample: /srv/report/preflight.html
    size:
      description: The size in bytes.
      returned: always
      type: int
      sample: 48213
    changed:
      description: Whether the file was written, or in check mode would be.
      returned: always
      type: bool
      sample: true
verdict:
  description: The report in a sentence or two.
  returned: success
  type: str
  sample: 38 of 40 AD users would be joined to their cloud user. 2 would not be synchronised as they should.
summary:
  description: How many users there are by outcome, zeros included, with C(cloud_only); C(total) counts the AD users.
  returned: success
  type: dict
  sample: {hard_match: 38, conflict: 2, cloud_only: 3, total: 40}
trace:
  description:
    - Where an exception came from that the module does not know, one frame a line, without its text and without any value.
    - Report it. What the module did until then is in the other values.
  returned: when the module met an exception that it does not know
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
"""

from typing import Any

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.text.diffs import list_diff
from ansible_collections.hybrid.identity.plugins.module_utils._module.files import File, file_mode, write_files
from ansible_collections.hybrid.identity.plugins.module_utils._module.records_module import RecordsModule
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._report.markdown import to_markdown
from ansible_collections.hybrid.identity.plugins.module_utils._report.model import make
from ansible_collections.hybrid.identity.plugins.module_utils._report.page import to_html
from ansible_collections.hybrid.identity.plugins.module_utils._report.tables import to_csv, to_json

KINDS = ("html", "csv", "json", "markdown")


def write_report(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """Make all the files in memory, then write those that differ."""
    mode = file_mode(params["mode"])
    report = make(params["users"], params["cloud_only"], params["unknown"], params["title"], params["note"])
    views = {
        "html": lambda: to_html(report),
        "csv": lambda: to_csv(report),
        "json": lambda: to_json(report),
        "markdown": lambda: to_markdown(report, params["markdown_users"]),
    }
    files = write_files([File(kind, params[kind], views[kind]()) for kind in KINDS if params[kind]], mode, check_mode)
    written = [file for file in files if file["changed"]]
    return {
        "changed": bool(written),
        "files": files,
        "verdict": report.verdict(),
        "summary": {**report.counts, "total": report.total},
        # The files hold thousands of lines about people: a diff names them and no more.
        "diff": list_diff("Files of the report", [], [f"{file['path']}: {file['size']} bytes" for file in written]),
    }


def main() -> None:
    module = RecordsModule(
        argument_spec={
            "users": {"type": "list", "elements": "dict", "required": True},
            "cloud_only": {"type": "list", "elements": "dict", "default": []},
            "unknown": {"type": "list", "elements": "dict", "default": []},
            **{kind: {"type": "path"} for kind in KINDS},
            "title": {"type": "str", "default": "What the first sync would do"},
            "note": {"type": "str", "default": ""},
            "markdown_users": {"type": "int", "default": 100},
            "mode": {"type": "str", "default": "0600"},
        },
        required_one_of=[KINDS],
        supports_check_mode=True,
        # People's records do not belong in the system's log, into which Ansible writes all arguments:
        # tests/upstream/test_ansible_core.py::test_records_go_to_the_system_log
        no_log=True,
    )
    run(module, (), lambda: write_report(module.params, module.check_mode))


if __name__ == "__main__":
    main()
