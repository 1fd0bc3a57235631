# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The look of the page: on a desk, on a phone, on paper, in the light and in the dark."""

from __future__ import annotations

STYLE = r"""
:root {
  --ink: #1b1f24; --soft: #57606a; --paper: #fff; --panel: #f6f8fa; --line: #d5dae0; --focus: #0b62c4;
  --joins: #17703f; --creates: #0b5cad; --stops: #b42318; --unclear: #8a5a00; --outside: #5b6570;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e9ed; --soft: #a3adb8; --paper: #14181d; --panel: #1d232a; --line: #38414b; --focus: #6cb2ff;
    --joins: #5cc48a; --creates: #6cb2ff; --stops: #ff8a7e; --unclear: #e4b04a; --outside: #a3adb8;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2.5rem) 3rem; max-width: 90rem;
  color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2rem 0 .75rem; font-size: 1.15rem; }
h2 small { color: var(--soft); font-weight: normal; font-size: .9rem; margin-left: .5rem; }
h1, td, th, dd, li, .note, .verdict { overflow-wrap: anywhere; }
.note { margin: .25rem 0 0; color: var(--soft); }
.headline { margin: .75rem 0 0; font-size: 1.1rem; max-width: 60rem; }
.joins, .done { --kind: var(--joins); } .creates { --kind: var(--creates); } .stops { --kind: var(--stops); }
.unclear { --kind: var(--unclear); } .outside { --kind: var(--outside); }
button, input, select {
  font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: .4rem;
}
button { cursor: pointer; padding: .4rem .8rem; }
button:disabled { cursor: default; opacity: .5; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.unread { margin-top: 1.5rem; padding: .1rem 1rem; border-left: .3rem solid var(--unclear); background: var(--panel); }
.unread h2, .verdict h2 { margin-top: .75rem; }
.verdict { margin-top: 1.5rem; padding: .1rem 1rem; border-left: .3rem solid var(--stops); background: var(--panel); }
.unread ul { padding-left: 1.2rem; }
.bars { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .5rem; }
.bar { display: grid; grid-template-columns: 1fr auto; gap: .1rem .5rem; text-align: left; padding: .5rem .7rem .6rem; }
.bar:disabled { opacity: .55; }
.bar[aria-pressed="true"] {
  border-color: var(--kind); box-shadow: inset 0 0 0 1px var(--kind); background: var(--panel);
}
.bar .count { color: var(--kind); font-weight: 600; font-variant-numeric: tabular-nums; }
.bar svg { grid-column: 1 / -1; width: 100%; height: .35rem; border-radius: .2rem; }
.bar .track { fill: var(--line); } .bar .fill { fill: var(--kind); }
.controls { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; align-items: end; }
.controls label:first-child { grid-column: span 2; }
.controls label { display: grid; gap: .2rem; font-size: .85rem; color: var(--soft); min-width: 0; }
.controls input, .controls select {
  color: var(--ink); padding: .45rem .6rem; font-size: 1rem; width: 100%; min-width: 0;
}
.controls button { padding: .45rem .8rem; }
.found { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; margin: .75rem 0 .5rem; }
.found { color: var(--soft); } #status { margin: 0; } #copy { color: var(--ink); font-size: .85rem; }
.copied { position: fixed; left: 0; top: 0; width: 1px; height: 1px; padding: 0; border: 0; opacity: 0; }
.sort { padding: 0; border: 0; background: none; font-weight: 600; white-space: nowrap; }
.sort:hover { text-decoration: underline; }
[aria-sort="none"] .sort::after { content: " \2195"; content: " \2195" / ""; opacity: .5; font-weight: normal; }
[aria-sort="ascending"] .sort::after { content: " \25b2"; content: " \25b2" / ""; }
[aria-sort="descending"] .sort::after { content: " \25bc"; content: " \25bc" / ""; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .85rem; font-weight: 600; }
.figures { width: auto; } .figures td { min-width: 6.5rem; } .figures .number { min-width: 3rem; }
.figures th, .figures .number { white-space: nowrap; }
#effects td:last-child, #marks td:last-child { color: var(--soft); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
#rows { table-layout: fixed; }
#rows > thead th:nth-child(1) { width: 26%; } #rows > thead th:nth-child(2) { width: 13rem; }
#rows > thead th:nth-child(4) { width: 8rem; text-align: right; }
.user { font-weight: 600; }
.mark {
  display: inline-block; margin-left: .4rem; padding: 0 .4rem; border: 1px solid var(--line); border-radius: .3rem;
  color: var(--soft); font-size: .75rem; font-weight: normal; white-space: nowrap;
}
.pill {
  display: inline-block; padding: 0 .5rem; border: 1px solid var(--kind); border-radius: 1rem; color: var(--kind);
  font-size: .85rem; font-weight: 600; white-space: nowrap;
}
.cause { display: block; color: var(--soft); font-size: .85rem; margin-top: .15rem; }
.refused { color: var(--stops); font-weight: 600; }
.reason { display: block; }
.writes { list-style: none; margin: .15rem 0; padding: 0; font-size: .85rem; color: var(--soft); }
.writes bdi { color: var(--ink); font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; }
bdi { unicode-bidi: isolate; }
details summary { cursor: pointer; color: var(--focus); font-size: .85rem; width: fit-content; }
.details {
  display: grid; grid-template-columns: fit-content(12rem) 1fr; gap: .1rem .75rem; margin: .4rem 0; font-size: .85rem;
}
.details dt { color: var(--soft); } .details dd { margin: 0; }
.changes { font-size: .85rem; margin: .4rem 0; background: var(--panel); }
.changes th, .changes td { padding: .25rem .5rem; }
.changes td:first-child { min-width: 8rem; } .changes td:nth-child(2) { min-width: 7rem; }
.effect { font-weight: 600; color: var(--soft); }
.effect.at_risk, .effect.password, .effect.password_unknown { color: var(--unclear); }
.effect.disabled { color: var(--stops); }
.none { color: var(--soft); font-style: italic; }
.pager { display: flex; gap: 1rem; align-items: center; justify-content: center; margin-top: 1rem; }
.legend { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .9rem; max-width: 60rem; }
.legend dt { color: var(--kind, inherit); font-weight: 600; } .legend dd { margin: 0; color: var(--soft); }
@media screen and (max-width: 58rem) {
  .bars { grid-template-columns: 1fr 1fr; }
  .bar { padding: .4rem .55rem .5rem; font-size: .9rem; }
  .controls { grid-template-columns: 1fr 1fr; }
  .controls label:first-child { grid-column: 1 / -1; }
  #rows, #rows > tbody, #rows > tbody > tr, #rows > tbody > tr > td { display: block; width: 100%; }
  #rows > thead, #rows > thead > tr { display: flex; flex-wrap: wrap; gap: 0 1rem; }
  #rows > thead th { width: auto !important; padding: .2rem 0; border: 0; }
  #rows > thead::before { content: "Sort by"; color: var(--soft); font-size: .85rem; padding: .2rem 0; }
  #rows > tbody > tr { padding: .6rem 0; border-bottom: 1px solid var(--line); }
  #rows > tbody > tr > td { border: 0; padding: .1rem 0; }
  #rows > tbody > tr > .number { text-align: left; color: var(--soft); font-size: .85rem; }
  #rows .number::before { content: "Overwrites: "; } #rows .nothing { display: none !important; }
  .figures { width: 100%; font-size: .9rem; }
  .changes thead { display: none; }
  .changes, .changes tbody, .changes tr, .changes td { display: block; }
  .changes tr { border-bottom: 1px solid var(--line); padding: .3rem .5rem; }
  .changes td { border: 0; padding: 0; }
  .changes td:nth-child(1), .changes td:nth-child(2) { display: inline-block; margin-right: .5rem; }
  .changes td:nth-child(3)::before { content: "Cloud now: "; color: var(--soft); }
  .changes td:nth-child(4)::before { content: "From AD: "; color: var(--soft); }
}
@media screen and (max-width: 34rem) {
  .details, .legend { grid-template-columns: 1fr; gap: 0; }
  .details dd, .legend dd { margin-bottom: .3rem; }
}
@media print {
  @page { margin: 14mm 12mm; }
  :root {
    --ink: #000; --soft: #444; --paper: #fff; --panel: #fff; --line: #bbb;
    --joins: #17703f; --creates: #0b5cad; --stops: #b42318; --unclear: #8a5a00; --outside: #444;
  }
  body { padding: 0; max-width: none; font-size: 9.5pt; }
  .controls, .pager, details, #copy, #copied { display: none; } .sort::after { display: none; }
  h2 { margin: 1.2rem 0 .5rem; }
  th, td, .changes th, .changes td { padding: .2rem .4rem; }
  .bars { grid-template-columns: repeat(3, 1fr); }
  .bar svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr, .bar, dt, dd { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  #rows > thead th:nth-child(1) { width: 30%; } #rows > thead th:nth-child(2) { width: 9.5rem; }
  #rows > thead th:nth-child(4) { width: 6.5rem; }
  .more { break-before: avoid; } .more > td { padding-left: 1.2rem; }
  tr:has(+ .more) > td { border-bottom: 0; }
  .details { display: block; margin: 0; } .details dt, .details dd { display: inline; }
  .details dt::after { content: ": "; } .details dd::after { content: " · "; }
  .details dd:last-of-type::after { content: ""; }
}
"""
"""Goes into the page's ``style`` element as it is, so it may not hold ``</style``."""
