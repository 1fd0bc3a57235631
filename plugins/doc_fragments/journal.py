# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of changes."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  journal:
    description:
      - The path of a file on the controller that records every change before it is made, one JSON line for each change, with the value
        before and after. The file is created with mode 0600, and never contains secrets.
      - A rollback trusts the journal, so the journal is refused if another user could have changed it. It must be a regular file of the
        user who runs the task, without links, that neither its group nor others can write to, in a folder that only this user or root can
        write to. A run stops if its journal is renamed, deleted or shortened.
      - M(hybrid.identity.rollback) reads the journal if its name is C(journal.jsonl), in a folder with the name of the run in the folder of
        runs.
      - Tasks of one run can share a journal, even at the same time. It must be on a file system that supports locks. Keep it as long as you
        might want to roll the run back.
      - In check mode, the journal is neither created nor changed.
    type: path
  journal_run:
    description:
      - The name of this run in the journal, for example the number of a CI job. It is in each line.
      - By default, it consists of the time and a few random letters. RV(journal_run) returns it.
    type: str
  note:
    description:
      - A text for the journal, and for the files of the run if the module writes any, such as the number of a change request. At most 500
        characters are kept. Do not use secrets.
    type: str
"""
