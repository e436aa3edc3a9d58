"use strict";
// Search, sort and filter. Without this script the page says the same; a reader scrolls.
(() => {
  const rows = [...document.querySelectorAll(".verdicts tbody tr")];
  const dossiers = new Map([...document.querySelectorAll(".dossier")].map((each) => [each.dataset.table, each]));
  const entries = rows.map((row) => ({
    row,
    dossier: dossiers.get(row.querySelector("a").hash.slice(1)),
    text: `${row.textContent} ${row.dataset.topics}`.toLowerCase(),
    option: row.dataset.option,
  }));
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  const tiles = [...document.querySelectorAll(".tile-face")];
  let option = "";

  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const entry of entries) {
      const shown = (!option || entry.option === option) && words.every((word) => entry.text.includes(word));
      count += shown;
      if (entry.row.hidden === shown) {
        entry.row.hidden = !shown;
        if (entry.dossier) entry.dossier.hidden = !shown;
      }
    }
    const all = entries.length.toLocaleString("en");
    found.textContent = count === entries.length ? `${all} tables` : `${count.toLocaleString("en")} of ${all} tables`;
    document.querySelector(".nothing").hidden = count > 0;
  }

  function choose(wanted) {
    option = option === wanted ? "" : wanted;
    for (const tile of tiles) tile.setAttribute("aria-pressed", String(tile.dataset.option === option));
    filter();
  }

  const inOrder = new Intl.Collator("en", { numeric: true });
  const value = (row, column) => row.cells[column].dataset.v ?? row.cells[column].textContent;

  function sort(head, column) {
    const numeric = rows[0]?.cells[column].dataset.v !== undefined;
    const first = head.dataset.first ?? "ascending";
    const now = head.getAttribute("aria-sort");
    const next = now === "none" ? first : now === "ascending" ? "descending" : "ascending";
    const sign = next === "ascending" ? 1 : -1;
    const keyed = entries.map((entry, index) => ({ entry, index, key: value(entry.row, column) }));
    keyed.sort((a, b) => sign * (numeric ? a.key - b.key : inOrder.compare(a.key, b.key)) || a.index - b.index);
    for (const other of head.parentNode.cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", next);
    document.querySelector(".verdicts tbody").append(...keyed.map((each) => each.entry.row));
  }

  for (const word of document.querySelectorAll(".verdicts .sort")) {
    const head = word.parentNode;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word.textContent;
    button.addEventListener("click", () => sort(head, head.cellIndex));
    word.replaceWith(button);
  }
  for (const tile of tiles) {
    tile.disabled = false;
    tile.addEventListener("click", () => choose(tile.dataset.option));
  }
  find.addEventListener("input", filter);
  document.querySelector(".tools").hidden = false;
  filter();

  function openNamed() {
    const inside = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const dossier = inside && inside.closest(".dossier");
    if (dossier && (!dossier.open || dossier.hidden)) {
      dossier.open = true;
      dossier.hidden = false;
      dossier.scrollIntoView();
    }
  }
  addEventListener("hashchange", openNamed);
  openNamed();

  // On paper nothing can be opened: the dossiers that are shown are printed open, unless they are many.
  let opened = [];
  addEventListener("beforeprint", () => {
    const shown = [...dossiers.values()].filter((each) => !each.hidden);
    opened = shown.length > 40 ? [] : shown.filter((each) => !each.open);
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });
})();
