# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the name of a run, which modules that write files share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  run:
    description:
      - The name of the run, for its files and its journal. Use the same name for all tasks of one run.
      - By default, the name consists of the time and six random hexadecimal digits.
    type: str
notes:
  - The files of a run belong to the user who runs the task, have mode 0600 and are written in one step. They are refused if another user
    could have changed them. See C(docs/files.md) for their format.
  - The module runs on the controller. Do not use C(become) or a remote connection with it.
"""
