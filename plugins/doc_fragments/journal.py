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
      - The path of a file on the controller to which every change is written before it is made, one JSON line each, with the
        value before and after. It is made with mode 0600, and never holds a secret.
      - A journal is believed, so it is refused if anybody else may have changed it. It must be a regular file of the user who runs the
        task, with one name (no links), that neither its group nor others may write to, in a folder that only this user or root may write
        to. A run stops if its journal is renamed, deleted or cut short.
      - M(hybrid.identity.rollback) reads it if it is called C(journal.jsonl), in a folder with the name of the run in the folder of runs.
      - Tasks of one run share a journal, also at the same time. It must be on a file system that passes locks on, and be kept for
        as long as the run may have to be rolled back.
      - In check mode the journal is neither made nor changed.
    type: path
  journal_run:
    description:
      - The name of this run in the journal, for instance the number of a CI job. It is in each line.
      - By default it is made of the time and a few random letters. RV(journal_run) returns it.
    type: str
  note:
    description:
      - A text for the journal, and for the files of the run if the module writes any, such as the number of a change request. At most 500
        characters are kept. Do not use secrets.
    type: str
"""
