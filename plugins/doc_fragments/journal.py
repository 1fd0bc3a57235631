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
      - A journal is believed, so it is refused if anybody else may have changed it. It must be a regular file of the user who runs the
        task, with one name (no links), that neither its group nor others may write to, in a folder that only this user or root may write
        to. A run stops if its journal is renamed, deleted or cut short.
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
      - A value that has been changed since, by another run or by anybody else, is refused and named, and stays as it is. So is an object
        that has another UPN than in the journal, and a value that this collection never writes.
      - The journal's tenant or domain must be the one that the task is connected to. They are compared by their ids.
      - What is put back is written to the journal as well, so that a rollback can be rolled back by its name. A second
        rollback of the same run changes nothing.
    type: str
"""
