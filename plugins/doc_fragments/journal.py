# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of changes, and the way back by it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  journal:
    description:
      - The path of a file on the controller to which every change is written before it is made, one JSON line each, with the
        value before and after. It is made with mode 0600, and never holds a secret.
      - Several runs may share one journal, one after the other or at the same time. It has to lie on a file system that
        passes locks on, best on a disk of the controller itself, and be kept for as long as a way back may be wanted.
      - In check mode the journal is neither made nor changed.
    type: path
  journal_run:
    description:
      - The name of this run in the journal, for instance the number of a CI job. It is needed to roll back this run later.
      - By default it is made of the time and a few random letters. RV(journal_run) returns it.
    type: str
  rollback:
    description:
      - Put back the values from before a run, by O(journal).
      - V(last) means the newest run that was no rollback itself, V(all) everything in the journal, and anything else the
        run of that name. Of these, a module puts back what its own kind of task changes; RV(rolled_back) says which runs
        had some of it.
      - A value that has been changed since, by another run or by anybody else, is refused and named, and stays as it is.
      - What is put back is written to the journal as well, so that a rollback can be rolled back by its name. A second
        rollback of the same run changes nothing.
    type: str
"""
