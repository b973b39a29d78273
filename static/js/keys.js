// The desk's keys: j k o move and open, t takes next, r and n write, / searches, ? shows all.
// Refuses to act while a field is being typed in or a modifier is held.

const help = document.querySelector("#keys");

function typing(target) {
  return target.matches?.("input, textarea, select, [contenteditable]");
}

function links() {
  return [...document.querySelectorAll("[data-keys-list] :is(tbody tr, li)")]
    .map((row) => row.querySelector("a"))
    .filter((link) => link && link.offsetParent);
}

function move(step) {
  const all = links();
  if (!all.length) return;
  const here = all.indexOf(document.activeElement);
  const open = all.findIndex((link) => link.closest("[aria-current]"));
  const from = here >= 0 ? here : open;
  const next = from < 0 ? 0 : Math.min(all.length - 1, Math.max(0, from + step));
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
}

function toggleHelp() {
  if (!help) return;
  if (help.open) help.close();
  else help.showModal();
}

function field(selector) {
  const found = document.querySelector(selector);
  if (!found) return false;
  found.focus();
  found.scrollIntoView({ block: "center" });
  return true;
}

function press(key) {
  const control = document.querySelector(`[data-key="${key}"]:is(a, button)`);
  if (!control) return false;
  control.click();
  return true;
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  o: () => document.activeElement?.closest("[data-keys-list]") && document.activeElement.click(),
  t: () => press("t"),
  r: () => field(".c-reply textarea"),
  n: () => field(".c-note textarea"),
  "/": () => field("#find"),
  "?": toggleHelp,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (help?.open && event.key !== "?") return;
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
  if (!action) return;
  event.preventDefault();
  action();
});
