#!/usr/bin/python

# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: match_report
short_description: Write a plan or a result as a page, a table and a summary
version_added: 1.0.0
author:
  - hybrid.identity contributors (@hybrid)
description:
  - Writes a report of a plan of M(hybrid.identity.match_plan) or of a result of M(hybrid.identity.match_apply) to files on the controller.
  - The HTML page is a single file that needs no network. It has bars by outcome, filters, a search and columns that you can sort, and
    copies the filtered users as CSV. You can read it on a phone and on paper, even with tens of thousands of users.
  - The report of a plan counts users by predicted outcome. If the plan has no predictions, it counts them by status. The report of a
    result counts users by status, and shows the values before and after.
  - Control characters and invisible characters of a name are shown as text, such as C(\n) for a newline.
  - The module does not read the directories. Programs can read the plan or the result directly.
  - An existing file is replaced only if it is a regular file of the user who runs the task, without links, that nobody else can write to,
    in a folder that only this user or root can write to.
extends_documentation_fragment:
  - hybrid.identity.attributes
attributes:
  check_mode:
    support: full
    details: A report is not a change, so the module never returns C(changed), and also writes the files in check mode.
  diff_mode:
    support: none
    details: The files contain thousands of lines about people.
  idempotent:
    support: full
options:
  file:
    description:
      - The path of a plan or a result on the controller, as M(hybrid.identity.match_plan) or M(hybrid.identity.match_apply) returns it.
      - By default, the plan that M(hybrid.identity.match_plan) made for the same host in this run of C(ansible-playbook).
    type: path
  html:
    description:
      - Path of the HTML page.
      - At least one of O(html), O(csv) and O(markdown) is required. The folder must exist.
    type: path
  csv:
    description:
      - Path of the CSV file, a row for each user, for spreadsheets.
      - If a spreadsheet would treat a value as a formula, the value begins with an apostrophe. This is the case for some ImmutableIds.
        Programs should read O(file) instead.
    type: path
  markdown:
    description:
      - Path of a summary in Markdown for the page of a CI job. It never has more than 512 KiB.
    type: path
  title:
    description:
      - The heading of the report.
      - By default, it describes O(file).
    type: str
  note:
    description:
      - A line below the heading, such as a ticket. The report always names the tenant, the domain, the app, the run, the time, the version
        of the collection and the scope.
    type: str
    default: ''
  markdown_users:
    description:
      - The maximum number of users in each table of the Markdown summary. The tables list the users who need a decision, and the users
        whose ImmutableId the run changes.
    type: int
    default: 100
  mode:
    description:
      - The permissions of the files, in quotes and with the leading zero. The files contain names and addresses of people. Only the owner
        can have write permission.
    type: str
    default: '0600'
notes:
  - The module runs on the controller. Do not use C(become) or a remote connection with it.
seealso:
  - module: hybrid.identity.match_plan
  - module: hybrid.identity.match_apply
"""

EXAMPLES = r"""
- name: Make a plan
  hybrid.identity.match_plan:
    scope:
      upn_suffixes: [contoso.com]
    predict_all: true
  register: plan

- name: Write a report of the plan
  hybrid.identity.match_report:
    file: "{{ plan.plan_file }}"
    html: report/plan.html
    csv: report/plan.csv

- name: Show the summary on the page of the GitHub job
  hybrid.identity.match_report:
    file: "{{ plan.plan_file }}"
    markdown: "{{ lookup('ansible.builtin.env', 'GITHUB_STEP_SUMMARY') }}"

- name: Write a report of the result
  hybrid.identity.match_report:
    file: "{{ result.result_file }}"  # as match_apply returned it
    html: report/result.html
"""

RETURN = r"""
files:
  description: The files of the report, including files that did not change.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: The option for the file.
      returned: always
      type: str
      sample: html
    path:
      description: The path as given in the option.
      returned: always
      type: str
      sample: /srv/report/plan.html
    size:
      description: The size in bytes.
      returned: always
      type: int
      sample: 48213
    changed:
      description: Whether the file was written, because it was missing or had another content or mode.
      returned: always
      type: bool
      sample: true
verdict:
  description:
    - The verdict of the plan or the result. It says why the plan cannot be applied, or which users were not changed.
    - Empty if the plan can be applied, or if all planned users were changed.
  returned: success
  type: str
  sample: ""
summary:
  description: Counts of users.
  returned: success
  type: dict
  contains:
    total:
      description: AD users.
      returned: always
      type: int
      sample: 40
    cloud_only:
      description: Cloud users without an AD user.
      returned: always
      type: int
      sample: 3
    outcomes:
      description: AD users by predicted outcome. Empty if nothing was predicted.
      returned: always
      type: dict
      sample: {conflict: 2, hard_match: 38}
    statuses:
      description: AD users by status.
      returned: always
      type: dict
      sample: {refused: 2, set: 38}
trace:
  description:
    - The origin of an unexpected exception, one frame per line, without its text and without values.
    - Report it. The other values show what the module did before the exception.
  returned: if an unexpected exception occurred
  type: list
  elements: str
  sample: [KeyError, "plugins/module_utils/_graph/reads/users.py:70 in list_active"]
"""

from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.errors import InputError
from ansible_collections.hybrid.identity.plugins.module_utils._identity.core.run_files.run_file import PLAN, RESULT
from ansible_collections.hybrid.identity.plugins.module_utils._module.files import File, file_mode, write_files
from ansible_collections.hybrid.identity.plugins.module_utils._module.run import run
from ansible_collections.hybrid.identity.plugins.module_utils._module.run_files import read_run_file
from ansible_collections.hybrid.identity.plugins.module_utils._report.csv_view import csv_lines
from ansible_collections.hybrid.identity.plugins.module_utils._report.encoding import joined
from ansible_collections.hybrid.identity.plugins.module_utils._report.markdown import to_markdown
from ansible_collections.hybrid.identity.plugins.module_utils._report.model import Report, make
from ansible_collections.hybrid.identity.plugins.module_utils._report.page import html_parts

KINDS = ("html", "csv", "markdown")
MODULES = ("match_plan", "match_apply")
"""The modules whose files a report can show."""


def read_report(params: dict[str, Any]) -> Report:
    """Read the plan or the result. Its content is not kept."""
    if not params["file"]:
        raise InputError("file is empty. Set it to a plan or a result on the controller.")
    source = read_run_file("file", params["file"], (PLAN, RESULT))
    if source.header["module"] not in MODULES:
        raise InputError(
            f"{params['file']} was written by {source.header['module']}, but a report can only show plans of "
            "match_plan and results of match_apply. Use such a file."
        )
    return make(source.header, source.records(), params["title"], params["note"])


def write_report(params: dict[str, Any]) -> dict[str, Any]:
    """Make all the files in memory, then write those that differ."""
    mode = file_mode(params["mode"])
    report = read_report(params)
    views: dict[str, Callable[[], bytes]] = {
        "html": lambda: joined(html_parts(report)),
        "csv": lambda: joined(csv_lines(report)),
        "markdown": lambda: to_markdown(report, params["markdown_users"]),
    }
    return {
        "changed": False,
        "files": write_files([File(kind, params[kind], views[kind]()) for kind in KINDS if params[kind]], mode),
        "verdict": report.verdict,
        "summary": report.summary(),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "file": {"type": "path"},
            **{kind: {"type": "path"} for kind in KINDS},
            "title": {"type": "str"},
            "note": {"type": "str", "default": ""},
            "markdown_users": {"type": "int", "default": 100},
            "mode": {"type": "str", "default": "0600"},
        },
        required_one_of=[KINDS],
        supports_check_mode=True,
    )
    run(module, (), lambda: write_report(module.params))


if __name__ == "__main__":
    main()
