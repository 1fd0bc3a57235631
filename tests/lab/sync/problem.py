# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An object that a step fails on, as XML in the elements of Microsoft's schema of the run history (facts §20)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from lab.sync.state import now


@dataclass
class Problem:
    """`stage`: import, synchronization, export, or discovery (the object could not even be read).

    `attribute`: what an error of discovery is about, or a change that did not come back with the import.
    `stack`: what an error of a synchronization has in place of `message`.
    """

    stage: str
    dn: str
    object_id: str
    code: str
    message: str = ""
    details: dict[str, list[str]] | None = None
    first_occurred: str = field(default_factory=now)
    retry_count: int = 0
    directory_code: str = ""
    attribute: str = ""
    stack: str = ""

    def xml(self) -> str:
        """As SyncErrorsXml or, of discovery, ConnectorDiscoveryErrorsXml holds it."""
        kind = _element("error-type", self.code)
        if self.stage == "discovery":
            attribute = _element("attribute-name", self.attribute)
            return f"<ma-object-error>{kind}{_element('dn', self.dn)}{attribute}{self._directory()}</ma-object-error>"
        name = "export-error" if self.stage == "export" else "import-error"
        return (
            f'<{name} cs-guid="{{{self.object_id.upper()}}}" dn={quoteattr(self.dn)}>'
            f"<date-occurred>{xml_time(now())}</date-occurred>"
            f"<first-occurred>{xml_time(self.first_occurred)}</first-occurred>"
            f"<retry-count>{self.retry_count}</retry-count>"
            f"{kind}{self._directory() if self.stage == 'export' else self._within()}</{name}>"
        )

    def _directory(self) -> str:
        """What the directory said."""
        extra = ""
        if self.details:
            pairs = [{"Key": key, "Value": values} for key, values in self.details.items()]
            extra = f"<extra-error-details>{escape(json.dumps(pairs))}</extra-error-details>"
        code = _element("error-code", self.directory_code)
        said = _element("error-literal", self.message)
        return f"<cd-error>{code}{said}{extra}</cd-error>" if code or said or extra else ""

    def _within(self) -> str:
        """Errors of the import and of the synchronization are import errors; their step tells which."""
        step = _element("algorithm-step", "staging" if self.stage == "import" else "import-flow")
        change = info = ""
        if self.attribute:
            change = (
                f'<change-not-reimported><delta operation="update" dn={quoteattr(self.dn)}>'
                f'<attr name={quoteattr(self.attribute)} operation="add" type="binary" multivalued="false">'
                '<value encoding="base64">AA==</value></attr></delta></change-not-reimported>'
            )
        if self.stack:
            info = (
                "<rules-error-info><context/></rules-error-info><extension-error-info>"
                "<extension-name>SyncRulesEngine</extension-name><extension-callsite>import-flow</extension-callsite>"
                f"<extension-context>In from AD - User Join</extension-context>{_element('call-stack', self.stack)}"
                "</extension-error-info>"
            )
        return f"{step}{change}{info}"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def xml_time(text: str) -> str:
    return text.replace("T", " ").rstrip("Z")
