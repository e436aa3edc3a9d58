"use strict";
// Search, sort and filter. Without this script the page says the same, of all tables at once.
(() => {
  const MOST_SHOWN = 50; // of more, a button shows the rest: a browser takes its time to set a thousand rows
  const byId = (id) => document.getElementById(id);
  const tools = document.querySelector(".tools");
  const nothing = document.querySelector(".nothing");
  const more = document.querySelector(".more");
  const body = document.querySelector(".verdicts tbody");
  const tiles = [...document.querySelectorAll(".tile-face")];
  const dossiers = new Map([...document.querySelectorAll(".dossier")].map((each) => [each.dataset.table, each]));
  const entries = [...body.rows].map((row, place) => ({
    row,
    place,
    dossier: dossiers.get(row.querySelector("a")?.hash.slice(1)),
    text: `${row.textContent} ${row.dataset.topics}`.toLowerCase(),
    keys: [...row.cells].map((cell) => (cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v))),
  }));
  let inOrder = entries;
  let option = "";
  let most = MOST_SHOWN;

  const say = (count) => count.toLocaleString("en");

  function filter() {
    const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row, dossier, text } of inOrder) {
      const matches = (!option || row.dataset.option === option) && words.every((word) => text.includes(word));
      count += matches;
      const hidden = !matches || count > most;
      if (row.hidden !== hidden) row.hidden = hidden;
      if (dossier && dossier.hidden !== hidden) dossier.hidden = hidden;
    }
    const all = entries.length;
    byId("found").textContent = count === all ? `${say(all)} tables` : `${say(count)} of ${say(all)} tables`;
    nothing.hidden = count > 0 || all === 0;
    more.hidden = count <= most;
    more.textContent = `Show all ${say(count)}, not only the first ${say(most)}`;
  }

  function search() {
    most = MOST_SHOWN;
    filter();
  }

  function choose(wanted) {
    option = option === wanted ? "" : wanted;
    for (const tile of tiles) tile.setAttribute("aria-pressed", String(tile.dataset.option === option));
    search();
  }

  const collator = new Intl.Collator("en", { numeric: true });
  const compare = (one, other) => (typeof one === "number" ? one - other : collator.compare(one, other));

  function sort(head) {
    const column = head.cellIndex;
    const first = head.classList.contains("n") ? "descending" : "ascending";
    const now = head.getAttribute("aria-sort");
    const next = now === "none" ? first : now === "ascending" ? "descending" : "ascending";
    const sign = next === "ascending" ? 1 : -1;
    inOrder = [...entries].sort((a, b) => sign * compare(a.keys[column], b.keys[column]) || a.place - b.place);
    for (const other of head.parentNode.cells) if (other.ariaSort) other.ariaSort = "none";
    head.ariaSort = next;
    body.append(...inOrder.map((entry) => entry.row));
    filter();
  }

  for (const word of document.querySelectorAll(".verdicts .sort")) {
    const head = word.parentNode;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word.textContent;
    button.addEventListener("click", () => sort(head));
    word.replaceWith(button);
  }
  for (const tile of tiles) {
    tile.disabled = false;
    tile.addEventListener("click", () => choose(tile.dataset.option));
  }
  byId("find").addEventListener("input", search);
  more.addEventListener("click", () => {
    most = Infinity;
    filter();
  });
  tools.hidden = entries.length === 0;
  filter();

  function openNamed() {
    const inside = byId(decodeURIComponent(location.hash.slice(1)));
    const dossier = inside?.closest(".dossier");
    if (dossier && (!dossier.open || dossier.hidden)) {
      dossier.hidden = false;
      dossier.open = true;
      dossier.scrollIntoView();
    }
  }
  addEventListener("hashchange", openNamed);
  openNamed();

  // On paper nothing can be opened: what is found is printed whole, the dossiers open unless they are many.
  let opened = [];
  let before = most;
  addEventListener("beforeprint", () => {
    before = most;
    most = Infinity;
    filter();
    const shown = [...dossiers.values()].filter((each) => !each.hidden);
    opened = shown.length > MOST_SHOWN ? [] : shown.filter((each) => !each.open);
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
    most = before;
    filter();
  });
})();
