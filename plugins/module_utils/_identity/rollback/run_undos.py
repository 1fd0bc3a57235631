# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollback undoes: the lines of a run's journal, by the directory and the kind of value that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..accounts.state import ACCOUNT
from ..core.errors import InputError
from ..core.identities.anchors import CONSISTENCY_GUID
from ..core.journal import Journal, Line
from ..core.rollback import Undo, build_undos, check_place
from ..entra.immutable_id_plan import PROPERTY
from .account_restores import ATTRIBUTES, person_key


@dataclass(frozen=True)
class RunUndos:
    """The undos of a run: ImmutableIds in Entra; anchors and accounts in AD. The lines say which tenant and domain.

    ``users_tenants`` are the tenants from which tasks that write only to AD had the users.
    """

    immutable_ids: Sequence[Undo]
    anchors: Sequence[Undo]
    accounts: Sequence[Undo]
    entra_lines: Sequence[Line] = ()
    ad_lines: Sequence[Line] = ()
    users_tenants: Sequence[str] = ()

    @property
    def concerns_ad(self) -> bool:
        return bool(self.anchors or self.accounts)

    def with_anchors(self) -> list[Undo]:
        """Return the undos of accounts, and those of the anchors of accounts that the run made."""
        made = {person_key(undo) for undo in self.accounts if undo.attribute == ACCOUNT}
        return [*self.accounts, *(undo for undo in self.anchors if person_key(undo) in made)]

    def check_tenant(self, place: tuple[str, str]) -> None:
        """Check that the run changed this tenant.

        :raises InputError: if it changed another one.
        """
        check_place(self.entra_lines, place)
        for tenant in self.users_tenants:
            if tenant.lower() != place[1].lower():
                raise InputError(
                    f"The run changed AD accounts of users of the tenant {tenant}, but this task is connected to the "
                    f"tenant {place[1]}, which cannot tell whether they are synchronised. Change the connection, or "
                    "choose another run."
                )

    def check_domain(self, place: tuple[str, str]) -> None:
        """Check that the run changed this domain.

        :raises InputError: if it changed another one.
        """
        check_place(self.ad_lines, place)


def read_undos(journal: Journal) -> RunUndos:
    """Return the undos of all lines of a journal. Lines about the recycle bin have none: it gives nobody back."""
    entra = [line for line in journal.lines if line.entry.attribute == PROPERTY]
    anchors = [line for line in journal.lines if line.entry.attribute == CONSISTENCY_GUID]
    accounts = [line for line in journal.lines if line.entry.attribute in ATTRIBUTES]
    return RunUndos(
        immutable_ids=build_undos(entra),
        anchors=build_undos(anchors),
        accounts=build_undos(accounts),
        entra_lines=entra,
        ad_lines=[*anchors, *accounts],
        users_tenants=[origin["tenant"] for _run, origin in journal.origins if "tenant" in origin],
    )
