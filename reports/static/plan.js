// The planning page without waiting for whole pages: acts by key, and what others decide shows within seconds.
const EVERY = 2000;
let busy = false;
let failed = 0;

const form = () => document.getElementById("plan");
const rows = () => [...document.querySelectorAll("#plan tr[data-row]")].filter((row) => !row.hidden);
const boxOf = (row) => row?.querySelector("input[type=checkbox], a");

// What a reader had open, chosen and in focus stays so when the page is drawn again.
function remember() {
  const at = document.activeElement;
  const row = at?.closest?.("tr[data-row]");
  return {
    id: at?.id || row?.id,
    key: at?.dataset?.key,
    place: row ? rows().indexOf(row) : -1,
    open: [...document.querySelectorAll("#plan details[open]")].map((one) => one.id),
    ticked: [...document.querySelectorAll("#plan input[name=item]:checked")].map((one) => one.value),
    values: Object.fromEntries([...form().querySelectorAll("div.with > :is(select, input)")].map((one, n) => [n, one.value])),
    filter: document.getElementById("filter")?.value,
    scroll: window.scrollY,
  };
}

function restore(was, acted) {
  for (const id of was.open) document.getElementById(id)?.setAttribute("open", "");
  for (const value of acted ? [] : was.ticked) {
    const box = document.querySelector(`#plan input[name=item][value="${CSS.escape(value)}"]`);
    if (box) box.checked = true;
  }
  if (!acted) [...form().querySelectorAll("div.with > :is(select, input)")].forEach((one, n) => { one.value = was.values[n] ?? one.value; });
  const filter = document.getElementById("filter");
  if (filter && was.filter) {
    filter.value = was.filter;
    filter.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const same = was.id && document.getElementById(was.id);
  const left = rows();
  if (same) (same.matches("tr") ? boxOf(same) : same)?.focus({ preventScroll: true });
  else if (was.place >= 0 && left.length) boxOf(left[Math.min(was.place, left.length - 1)])?.focus({ preventScroll: true });
  window.scrollTo({ top: was.scroll, behavior: "instant" });
}

function draw(text, acted) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const main = fresh.getElementById("main");
  if (!main || !fresh.getElementById("plan")) return location.reload();
  const was = remember();
  const said = acted ? null : document.querySelector("#plan .said")?.innerHTML;
  document.getElementById("main").replaceChildren(...main.childNodes);
  document.querySelector(".fresh")?.replaceWith(fresh.querySelector(".fresh"));
  if (said) document.querySelector("#plan .said").innerHTML = said;
  restore(was, acted);
}

async function act(button) {
  if (busy) return;
  busy = true;
  const body = new URLSearchParams(new FormData(form(), button));
  form().setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form().action, { method: "POST", body });
    if (!answer.ok) return tell(inWords(await answer.text()));
    history.replaceState(null, "", answer.url);
    draw(await answer.text(), true);
  } catch {
    tell("Sightline does not answer. Nothing was changed; try again.");
  } finally {
    busy = false;
    form()?.removeAttribute("aria-busy");
  }
}

// The sentences of an error page.
function inWords(text) {
  const main = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  return [...main?.querySelectorAll("h1, p") ?? []].map((one) => one.textContent.trim()).join(" ") || "Nothing was changed. Load the page again.";
}

function tell(text) {
  const place = document.querySelector("#plan .said");
  const line = document.createElement("p");
  line.className = "note refused";
  line.textContent = text;
  place?.replaceChildren(line);
}

async function look() {
  if (busy || document.hidden || !form() || document.activeElement?.matches?.("#plan input:not([type=checkbox]), #plan select")) return;
  try {
    const answer = await fetch(location.href, { headers: { "If-None-Match": `"${form().dataset.live}"` } });
    if (busy) return;
    if (answer.status === 200) draw(await answer.text(), false);
    failed = 0;
  } catch {
    if (++failed === 3) tell("Sightline does not answer, so this page stands still.");
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "plan" || !event.submitter) return;
  event.preventDefault();
  act(event.submitter);
});

const typing = (target) => target.closest?.("input:not([type=checkbox]), select, textarea");

function step(by) {
  const all = rows();
  const at = all.indexOf(document.activeElement?.closest?.("tr[data-row]"));
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
  boxOf(next)?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const row = event.target.closest?.("tr[data-row]");
  const menu = event.target.closest?.("details.menu[open]");
  const { key } = event;
  if (menu && /^[a-z]$/.test(key)) {
    const chosen = [...menu.querySelectorAll("button")].find((button) => button.textContent.startsWith(key));
    if (chosen) return event.preventDefault(), chosen.click();
  }
  if (key === "j" || key === "ArrowDown" && row) return event.preventDefault(), step(1);
  if (key === "k" || key === "ArrowUp" && row) return event.preventDefault(), step(-1);
  if (key === "x" && row) return event.preventDefault(), row.querySelector("input[type=checkbox]")?.click();
  if (key === "l" && row) {
    const box = row.querySelector("input[type=checkbox]");
    if (box) box.checked = true;
    return event.preventDefault(), form().querySelector("select[name=kr]")?.focus();
  }
  const inRow = row?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const onPage = inRow ?? form()?.querySelector(`:not(tr) > [data-key="${CSS.escape(key)}"]:not(tr *)`);
  if (!onPage) return;
  event.preventDefault();
  onPage.click();
  if (onPage.matches("summary")) onPage.parentElement.querySelector("button")?.focus();
});

if (form()) setInterval(look, EVERY);
