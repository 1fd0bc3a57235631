# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The script of the page: filters, search, order, pages of users. It makes text nodes only, never HTML from values."""

from __future__ import annotations

from .page_copy import COPY

_PAGE = r"""
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const PAGE = 50, PRINTED = 1000, PRINTED_OPEN = 200;
  const [KIND, CAUSES, NAME, REASON, DETAILS, CHANGES, WRITES, OTHER, MARKED, EFFECTS, MARKS] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const body = byId("rows").tBodies[0];
  const search = byId("search"), cause = byId("cause"), change = byId("change"), other = byId("other");
  const effect = byId("effect"), mark = byId("mark");
  const bars = [...document.querySelectorAll(".bar")];
  const chosen = new Set();
  const heads = [...byId("rows").tHead.rows[0].cells];
  const collator = new Intl.Collator("en", { numeric: true });
  let rows = data.rows, found = rows, page = 0, texts = null;

  const number = (value) => value.toLocaleString("en");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.append(text);
    return element;
  };
  // A long address breaks after its @ first.
  function address(text) {
    const element = make("bdi");
    const at = text.lastIndexOf("@") + 1;
    if (at) element.append(text.slice(0, at), document.createElement("wbr"));
    element.append(text.slice(at));
    return element;
  }
  const value = (text) => text === "" ? make("span", "none", "none") : make("bdi", text);

  const causesOf = (row) => row[CAUSES].map((place) => data.causes[place]);

  const effectsOf = (row) => row[EFFECTS].map((place) => data.matches[place]);
  const marksOf = (row) => row[MARKS].map((place) => data.marks[place]);
  const has = (entries, key) => !key || entries.some(([each]) => each === key);

  const said = (key, text) => data.said[key]?.[text] ?? text;

  const otherOf = (row) => row[OTHER] < 0 ? "" : data.outcomes[row[OTHER]][1];

  function textOf(row) {
    const changes = row[CHANGES].flatMap(([name, , cloud, ad]) => [data.attributes[name], cloud, ad]);
    const writes = row[WRITES].flatMap(([name, ...values]) => [data.written[name], ...values]);
    const [, label] = data.outcomes[row[KIND]];
    const words = [row[NAME], label, otherOf(row), row[REASON], ...causesOf(row).flat(),
      ...effectsOf(row).flat(), ...marksOf(row).flat()];
    const details = row[DETAILS].map((text, place) => said(data.details[place][0], text));
    return plain([...words, ...details, ...changes, ...writes].join("\n"));
  }

  function wanted() {
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    if (words.length && !texts) texts = new Map(data.rows.map((row) => [row, textOf(row)]));
    const [kind, choice] = change.value.split(":");
    const place = Number(choice);
    return rows.filter((row) =>
      (!chosen.size || chosen.has(data.outcomes[row[KIND]][0])) &&
      (!other.value || row[OTHER] === Number(other.value)) &&
      has(causesOf(row), cause.value) && has(effectsOf(row), effect.value) && has(marksOf(row), mark.value) &&
      (!kind || row[CHANGES].some((one) => one[kind === "attribute" ? 0 : 1] === place)) &&
      words.every((word) => texts.get(row).includes(word)));
  }

  // By column. Users without a value come last, and equal ones stay in the order of what to look at first.
  const sortKeys = [(row) => row[NAME], (row) => data.outcomes[row[KIND]][1], (row) => row[REASON],
    (row) => row[CHANGES].length];

  function sorted(column, sign) {
    const compare = (a, b) => typeof a === "number" ? a - b : collator.compare(a, b);
    return data.rows.map((row) => [sortKeys[column](row), row])
      .sort(([a], [b]) => (a === "") - (b === "") || sign * compare(a, b))
      .map(([, row]) => row);
  }

  function changeList(row) {
    const table = make("table", undefined, "changes");
    const head = table.createTHead().insertRow();
    for (const name of ["Attribute", "Effect", "Cloud now", "From AD"]) head.append(make("th", name));
    const rows = table.createTBody();
    for (const [name, effect, cloud, ad] of row[CHANGES]) {
      const line = rows.insertRow();
      line.insertCell().append(value(data.attributes[name]));
      line.insertCell().append(make("span", data.effects[effect][1], "effect " + data.effects[effect][0]));
      line.insertCell().append(value(cloud));
      line.insertCell().append(value(ad));
    }
    return table;
  }

  function writeList(row) {
    const list = make("ul", undefined, "writes");
    for (const [name, , before, after] of row[WRITES]) {
      const item = make("li", `${data.written[name]}: `);
      item.append(value(before), " → ", value(after));
      list.append(item);
    }
    return list;
  }

  function fill(place, row) {
    const list = make("dl", undefined, "details");
    if (row[OTHER] >= 0) list.append(make("dt", data.other), make("dd", value(otherOf(row))));
    const inCloud = row[DETAILS][data.details.findIndex(([key]) => key === "id")] !== "";
    row[DETAILS].forEach((text, place) => {
      const [key, label] = data.details[place];
      const tells = inCloud && key.startsWith("immutable_id_");
      if (text !== "" || tells) list.append(make("dt", label), make("dd", value(said(key, text))));
    });
    const causes = causesOf(row).map(([key]) => key).join(", ");
    if (causes) list.append(make("dt", "Cause"), make("dd", make("code", causes)));
    const effects = effectsOf(row).map(([, text]) => text).join(", ");
    if (effects) list.append(make("dt", "Effects"), make("dd", effects));
    for (const [name, id] of row[WRITES]) {
      if (!row[DETAILS].includes(id)) list.append(make("dt", `${data.written[name]} of`), make("dd", value(id)));
    }
    place.append(list);
    if (row[CHANGES].length) place.append(changeList(row));
  }

  function line(row) {
    const [, label, group] = data.outcomes[row[KIND]];
    const tr = make("tr");
    const user = make("td", undefined, "user");
    user.append(address(row[NAME]));
    for (const [, text] of marksOf(row)) user.append(make("span", text, "mark"));
    const kind = make("td");
    kind.append(make("span", label, "pill " + group));
    if (row[MARKED]) kind.append(make("span", otherOf(row), "cause refused"));
    for (const [, text] of causesOf(row)) kind.append(make("span", text, "cause"));
    const known = new Set([...data.quiet, ...causesOf(row).map(([key]) => key)]);
    for (const [key, text] of effectsOf(row)) if (!known.has(key)) kind.append(make("span", text, "cause"));
    const why = make("td");
    if (row[REASON]) why.append(make("bdi", row[REASON], "reason"));
    if (row[WRITES].length) why.append(writeList(row));
    const details = make("details");
    details.append(make("summary", "Details"));
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) fill(details, row);
    });
    why.append(details);
    const count = row[CHANGES].length;
    tr.append(user, kind, why, make("td", count ? number(count) : "", count ? "number" : "number nothing"));
    return tr;
  }

  function printed(row) {
    const tr = make("tr", undefined, "more");
    const td = make("td");
    td.colSpan = 4;
    fill(td, row);
    tr.append(td);
    return tr;
  }

  function draw() {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    page = Math.min(page, last);
    const first = page * PAGE;
    const shown = found.slice(first, first + PAGE);
    body.replaceChildren(...shown.map(line));
    byId("status").textContent = found.length
      ? `${number(first + 1)} to ${number(first + shown.length)} of ${number(found.length)}`
        + (found.length < data.rows.length ? ` that fit, of ${number(data.rows.length)} in all` : "")
      : data.rows.length ? "No user fits these filters." : "There are no users.";
    byId("rows").hidden = byId("copy").hidden = !found.length;
    byId("copied").textContent = "";
    byId("pager").hidden = !last;
    byId("previous").disabled = page === 0;
    byId("next").disabled = page === last;
    byId("page").textContent = `Page ${number(page + 1)} of ${number(last + 1)}`;
  }

  function filter() {
    found = wanted();
    page = 0;
    for (const bar of bars) bar.setAttribute("aria-pressed", String(chosen.has(bar.dataset.outcome)));
    draw();
  }

  function sort(head, column) {
    const order = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
    for (const each of heads) each.setAttribute("aria-sort", each === head ? order : "none");
    rows = order === "none" ? data.rows : sorted(column, order === "ascending" ? 1 : -1);
    filter();
  }

  async function copy() {
    const done = await copyText(csvOf(data, found));
    byId("copied").textContent = done
      ? `Users copied: ${number(found.length)}.`
      : "The browser does not let this page copy.";
  }

  function turn(by) {
    page += by;
    draw();
    byId("users").scrollIntoView();
  }

  function options(select, label, entries) {
    if (!entries.length) return;
    const group = document.createElement("optgroup");
    group.label = label;
    for (const [key, text] of entries) group.append(new Option(text, key));
    select.append(group);
  }

  const named = (entries) => entries.filter(([key]) => key !== "").sort((a, b) => a[1].localeCompare(b[1], "en"));
  options(cause, "Causes", named(data.causes));
  const others = [...new Set(data.rows.map((row) => row[OTHER]))].filter((place) => place >= 0);
  options(other, data.other, named(others.map((place) => [String(place), data.outcomes[place][1]])));
  options(effect, "Effects", named(data.matches));
  options(mark, "Marks", named(data.marks));
  for (const select of [effect, mark]) select.parentElement.hidden = select.options.length < 2;
  options(change, "Effect", named(data.effects.map(([, label], place) => ["effect:" + place, label])));
  options(change, "Attribute", named(data.attributes.map((name, place) => ["attribute:" + place, name])));

  for (const bar of bars) bar.addEventListener("click", () => {
    const key = bar.dataset.outcome;
    if (!chosen.delete(key)) chosen.add(key);
    filter();
  });
  for (const input of [search, other, cause, effect, mark, change]) input.addEventListener("input", filter);
  heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => sort(head, column)));
  byId("copy").addEventListener("click", copy);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("controls").addEventListener("reset", () => { chosen.clear(); setTimeout(filter); });
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));

  // On paper there are no pages to turn: all that the filters leave, as far as anybody would read.
  addEventListener("beforeprint", () => {
    const shown = found.slice(0, PRINTED);
    const open = found.length <= PRINTED_OPEN;
    body.replaceChildren(...shown.flatMap((row) => open ? [line(row), printed(row)] : [line(row)]));
    const rest = found.length - shown.length;
    byId("status").textContent = rest
      ? `The first ${number(shown.length)} of ${number(found.length)}; the CSV file holds them all.`
      : `${number(found.length)} of ${number(data.rows.length)}.`;
    if (!open) byId("status").textContent += ` Print no more than ${number(PRINTED_OPEN)} to have the details of each.`;
  });
  addEventListener("afterprint", draw);

  byId("controls").hidden = false;
  filter();
})();
"""

SCRIPT = f'\n"use strict";{COPY}{_PAGE}'
"""Goes into the page's ``script`` element as it is, so it may not hold ``</script``."""
