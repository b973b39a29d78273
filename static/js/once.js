// Stops a second press: a form marked data-once is sent one time, and its button says so.
// Refuses to decide anything: the server is what keeps a payment single.

const WORKING = { en: "One moment…", es: "Un momento…" };

function words() {
  return WORKING[document.documentElement.lang] ?? WORKING.en;
}

function hold(form, button) {
  form.setAttribute("aria-busy", "true");
  for (const other of form.querySelectorAll("button")) {
    other.setAttribute("aria-disabled", "true");
  }
  const label = button?.querySelector(".c-button__text");
  if (label) {
    label.dataset.was = label.textContent;
    label.textContent = words();
  }
}

function free(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll("[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
  }
  for (const label of form.querySelectorAll("[data-was]")) {
    label.textContent = label.dataset.was;
    delete label.dataset.was;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]") || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // The button changes only after the browser has read the form, so its value is sent.
  requestAnimationFrame(() => hold(form, event.submitter));
});

// The back button shows a page as it was left: let it be used again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(free);
});

// A form that came back with errors says so first, to eyes and to screen readers.
document.querySelector("[data-focus]")?.focus();

// Other modules that send a form by themselves may need the button back.
document.addEventListener("portal:free", (event) => free(event.target));
