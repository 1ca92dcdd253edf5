// Makes faster what links and forms already do: keys, and a filter that narrows the rows in sight while typing.
const filter = () => document.getElementById("filter");
const keys = document.getElementById("keys");
const home = document.querySelector("header nav a")?.getAttribute("href");
const [, sprints, items] = [...document.querySelectorAll("header nav a")].map((link) => link.getAttribute("href"));
let before = "";

const typing = (target) => target.closest?.("input, select, textarea, [contenteditable]");

const actions = {
  "/": () => filter() ? (filter().focus(), filter().select()) : items && location.assign(`${items}#filter`),
  "?": () => keys?.showModal(),
};
const places = { h: home, i: items, s: sprints };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || keys?.open) return;
  const chord = before === "g" ? places[event.key] : undefined;
  before = event.key;
  if (chord) location.assign(chord);
  else if (actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  }
});

// Terms such as `serves:O1.KR2` are for the server; words narrow what is on this page at once.
document.addEventListener("input", ({ target }) => {
  if (target.id !== "filter") return;
  const asked = new Set(target.defaultValue.toLowerCase().split(/\s+/));
  const words = target.value.toLowerCase().split(/\s+/).filter((word) => word && !word.includes(":") && !asked.has(word));
  for (const row of document.querySelectorAll("table[data-filter] tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
});
if (location.hash === "#filter") filter()?.focus();
