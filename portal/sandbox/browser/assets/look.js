// Knows how the Payment Element's frame looks: the page's colours, and which tab is open.

const VARIABLES = {
  colorPrimary: "--primary",
  colorBackground: "--ground",
  colorText: "--text",
  colorTextSecondary: "--quiet",
  colorDanger: "--danger",
  fontFamily: "--font",
  fontSizeBase: "--size",
  borderRadius: "--radius",
  spacingUnit: "--unit",
};
const all = [...document.querySelectorAll("[role=tab]")];
const list = document.querySelector("[role=tablist]");

/** Put on the page's theme and variables, over the ground that the page shows. */
export function dress({ theme, variables = {} } = {}, ground = "") {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  for (const [name, property] of Object.entries(VARIABLES)) {
    if (variables[name]) root.style.setProperty(property, variables[name]);
  }
  document.body.style.setProperty("background", ground || "Canvas");
}

function open(tab) {
  for (const other of all) {
    const isOpen = other === tab;
    other.setAttribute("aria-selected", String(isOpen));
    other.tabIndex = isOpen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !isOpen;
  }
}

let tell = () => {};

function choose(tab) {
  open(tab);
  tell(tab.dataset.type);
}

/** Let the tabs be chosen by pointer and arrow keys; `chosen(type)` hears which one is open. */
export function tabs(chosen) {
  tell = chosen;
  for (const [place, tab] of all.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = all[(place + step + all.length) % all.length];
      choose(next);
      next.focus();
    });
  }
}

/** Show only the tabs of these types; none where a single type leaves nothing to choose. */
export function offer(types) {
  const offered = all.filter((tab) => types.includes(tab.dataset.type));
  for (const tab of all) tab.hidden = !offered.includes(tab);
  list.hidden = offered.length < 2;
  const current = all.find((tab) => tab.getAttribute("aria-selected") === "true");
  if (offered.length > 0 && !offered.includes(current)) choose(offered[0]);
}
