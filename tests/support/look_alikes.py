# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UPNs that look like another person's, or become it when letters are folded or blanks are stripped."""

from __future__ import annotations

LOOK_ALIKES = [
    ("sysadmin@contoso.com", "\u017fysadmin@contoso.com", "'\u017f' (U+017F LATIN SMALL LETTER LONG S)"),
    ("strauss@contoso.com", "strau\u00df@contoso.com", "'\u00df' (U+00DF LATIN SMALL LETTER SHARP S)"),
    ("kevin@contoso.com", "\u212aevin@contoso.com", "'\u212a' (U+212A KELVIN SIGN)"),
    ("filip@contoso.com", "\ufb01lip@contoso.com", "'\ufb01' (U+FB01 LATIN SMALL LIGATURE FI)"),
    ("anna@contoso.com", "anna@conto\u017fo.com", "'\u017f' (U+017F LATIN SMALL LETTER LONG S)"),
    ("anna@contoso.com", "anna@contoso.com\u00a0", "'\\xa0' (U+00A0 NO-BREAK SPACE)"),
    ("anna@contoso.com", "\u2003anna@contoso.com", "'\\u2003' (U+2003 EM SPACE)"),
    ("anna@contoso.com", "anna@contoso.com\u001f", "'\\x1f' (U+001F)"),
    ("anna@contoso.com", "anna@contoso.com\n", "'\\n' (U+000A)"),
    ("anna@contoso.com", "anna@contoso.com ", "' ' (U+0020 SPACE)"),
    ("anna@contoso.com", "anna\u200b@contoso.com", "'\\u200b' (U+200B ZERO WIDTH SPACE)"),
    ("anna@contoso.com", "\uff41nna@contoso.com", "'\uff41' (U+FF41 FULLWIDTH LATIN SMALL LETTER A)"),
    ("anna@contoso.com", "\u0430nna@contoso.com", "'\u0430' (U+0430 CYRILLIC SMALL LETTER A)"),
]
"""The real UPN, the look-alike, and how a sentence names the character in which they differ."""
