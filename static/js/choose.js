// Adds up the bills ticked on the pay page and writes the sum where it is shown.
// Refuses to be believed: the server counts again from what is sent.

const form = document.querySelector("form[data-choose]");

function money(cents) {
  // Spanish readers of a United States bill write dollars as English readers do.
  const lang = document.documentElement.lang === "es" ? "es-US" : "en-US";
  return new Intl.NumberFormat(lang, { style: "currency", currency: "USD" }).format(cents / 100);
}

function total() {
  return [...form.querySelectorAll("[data-cents]:checked")]
    .reduce((sum, box) => sum + Number.parseInt(box.dataset.cents, 10), 0);
}

function show() {
  const cents = total();
  const text = money(cents);
  for (const place of document.querySelectorAll("[data-sum]")) place.textContent = text;
  for (const button of form.querySelectorAll("[data-sum-text]")) {
    const label = button.querySelector(".c-button__text") ?? button;
    label.textContent = button.dataset.sumText.replace("{sum}", text);
    button.disabled = cents === 0;
  }
  for (const line of form.querySelectorAll("[data-for]")) {
    const box = form.querySelector(`[value="${CSS.escape(line.dataset.for)}"][data-cents]`);
    line.hidden = !box?.checked;
  }
}

if (form) {
  form.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}
