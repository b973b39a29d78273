// Shows the files chosen for an upload, with sizes, and takes single ones out again.
// Refuses to judge them: the server says what is too large or of a wrong kind.

const KILO = 1000;

function size(octets, lang) {
  if (octets < KILO * KILO) return `${Math.max(1, Math.round(octets / KILO))} KB`;
  const mega = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
  return `${mega.format(octets / KILO / KILO)} MB`;
}

function symbol(name) {
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "c-icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

function line(file, box, drop) {
  const item = document.createElement("li");
  const pic = document.createElement("span");
  pic.className = "c-files__pic";
  pic.append(symbol(file.type.startsWith("image/") ? "camera" : "clip"));
  const text = document.createElement("span");
  const name = document.createElement("strong");
  name.textContent = file.name;
  const note = document.createElement("small");
  note.className = "c-soft";
  note.textContent = `${size(file.size, document.documentElement.lang)}, ${box.dataset.chosen}`;
  text.append(name, document.createElement("br"), note);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "c-button c-button--plain";
  button.textContent = box.dataset.remove;
  button.setAttribute("aria-label", `${box.dataset.remove}: ${file.name}`);
  button.addEventListener("click", drop);
  item.append(pic, text, button);
  return item;
}

function start(box) {
  const input = box.querySelector("input[type=file]");
  const list = box.querySelector("[data-files-list]");
  let kept = [];
  box.classList.add("is-live");

  function show() {
    list.replaceChildren(...kept.map((file) => line(file, box, () => remove(file))));
    list.hidden = kept.length === 0;
  }

  function write() {
    const transfer = new DataTransfer();
    kept.forEach((file) => transfer.items.add(file));
    input.files = transfer.files;
    show();
  }

  function remove(file) {
    kept = kept.filter((other) => other !== file);
    write();
    input.focus();
  }

  // A second choice adds to the first: phones give one photo at a time.
  input.addEventListener("change", () => {
    const same = (one, other) => one.name === other.name && one.size === other.size;
    const fresh = [...input.files].filter((file) => !kept.some((old) => same(old, file)));
    kept = input.multiple ? [...kept, ...fresh] : [...input.files];
    write();
  });
}

document.querySelectorAll("[data-files]").forEach(start);
