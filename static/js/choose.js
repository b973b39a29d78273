// Shows what the choice on the pay page would do, as the server counts it.
// Refuses to add anything up itself: the answer brings the figures, and the button for them.

const form = document.querySelector("form[data-choose]");
const place = form?.querySelector("[data-effect]");
const PAUSE = 250; // milliseconds after the last letter of an amount
let waiting;
let asked = 0;

function wrong(name, message) {
  const field = form.querySelector(`#${name}`);
  const box = field.closest(".c-field");
  let note = box.querySelector(".c-field__bad");
  if (!note && message) {
    note = document.createElement("p");
    note.className = "c-field__bad";
    note.id = `${name}-bad`;
    (field.closest(".c-field__money") ?? field).before(note);
  }
  if (note) {
    note.textContent = message;
    note.hidden = !message;
  }
  box.classList.toggle("is-bad", Boolean(message));
  field.toggleAttribute("aria-invalid", Boolean(message));
}

async function look() {
  const mine = ++asked;
  const data = new FormData(form);
  data.set("look", "1");
  place.setAttribute("aria-busy", "true");
  let found;
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: data, headers: { Accept: "application/json" }, redirect: "error",
    });
    found = await answer.json();
  } catch {
    found = undefined; // the figures stay as they are, and the server compares them anyway
  }
  if (mine !== asked) return;
  place.removeAttribute("aria-busy");
  if (!found) return;
  const isSome = form.elements.much.value === "some";
  wrong("amount", isSome && found.field === "amount" ? found.error : "");
  wrong("day", found.field === "day" ? found.error : "");
  place.innerHTML = found.html || "";
  if (!found.html) place.textContent = found.error;
  form.dispatchEvent(new Event("portal:counted"));
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(look, PAUSE);
}

if (form) {
  form.addEventListener("change", (event) => {
    const isLater = form.elements.when?.value === "later";
    const asks = ["bill", "much", "credit", "ahead", "when"];
    if (isLater) asks.push("with", "day");
    if (asks.includes(event.target.name)) look();
  });
  form.addEventListener("input", (event) => {
    if (event.target.name === "amount") later();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) look();
  });
}
