# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the page's script that makes CSV of users, and puts a text on the clipboard."""

from __future__ import annotations

COPY = r"""
// The same columns and cells as in the CSV file (csv_view.py), made from the same data.
function csvOf(data, rows) {
  const formula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;
  const places = new Map(data.details.map(([key], place) => [key, place]));
  const cell = (text) => `"${formula.test(text) ? "'" : ""}${text.replaceAll('"', '""')}"`;
  const outcome = (place) => place < 0 ? "" : data.outcomes[place][0];
  const keys = (numbers, entries) => numbers.map((place) => entries[place][0]);

  function values([, causes, name, reason, details, changes, writes, , , effects, marks, [kind, status, isUpn]]) {
    const detail = (key) => details[places.get(key)];
    const before = detail("cloud_user_principal_name");
    const own = {
      outcome: outcome(kind),
      status: outcome(status),
      cause: keys(causes, data.causes)[0] || "",
      reason,
      sign_in_name_before: before,
      sign_in_name_after: detail("future_user_principal_name") || before,
      marks: keys(marks, data.marks).join("; "),
      user_principal_name: isUpn ? name : "",
      causes: keys(causes, data.causes).join("; "),
      effects: keys(effects, data.matches).join("; "),
      writes: writes.map(([place, , old, now]) => `${data.written[place]}: ${old} -> ${now}`).join("\n"),
      overwrites: changes.map(([place, effect, cloud, ad]) =>
        `${data.attributes[place]}: ${data.effects[effect][0]}: ${cloud} -> ${ad}`).join("\n"),
    };
    return data.columns.map((column) => Object.hasOwn(own, column) ? own[column] : detail(column));
  }

  return [data.columns, ...rows.map(values)].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

// Browsers that give a page from a file no clipboard still copy what is selected. To select megabytes takes seconds, so
// the copy of one character is replaced.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const area = document.createElement("textarea");
    area.className = "copied";
    area.value = " ";
    area.addEventListener("copy", (event) => {
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
    });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused.focus();
    return done;
  }
}
"""
"""Goes into the page's ``script`` element as it is, so it may not hold ``</script``."""
