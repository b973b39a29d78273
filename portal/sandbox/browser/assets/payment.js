// The Payment Element's frame: takes the card, and sends it to the payment API and nowhere else.
// The page around it learns only whether the form is complete and how confirming went.

import * as api from "./api.js";
import * as card from "./card.js";
import * as line from "./line.js";
import { language, word } from "./words.js";

const NAMES = ["number", "expiry", "cvc", "postalCode"];
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
const inputs = Object.fromEntries(NAMES.map((name) => [name, document.getElementById(name)]));
const today = document.body.dataset.month;
const touched = new Set();
let settings = {};
let lastChange = "";

function value(name) {
  return inputs[name].value;
}

function problemOf(name) {
  return card.problem[name](value(name), today, value("number"));
}

function show(name) {
  const code = touched.has(name) ? problemOf(name) : null;
  const place = document.getElementById(`${name}-error`);
  const sentence = code ? word(code, settings.locale) : "";
  if (place.textContent !== sentence) place.textContent = sentence;
  inputs[name].setAttribute("aria-invalid", String(Boolean(code)));
}

function tellChange() {
  const complete = NAMES.every((name) => !problemOf(name));
  const empty = NAMES.every((name) => !value(name));
  const change = { complete, empty, collapsed: false, value: { type: "card" } };
  const told = JSON.stringify(change);
  if (told !== lastChange) emit("change", change);
  lastChange = told;
}

function reformat(name) {
  const input = inputs[name];
  const before = card.digits(input.value.slice(0, input.selectionStart)).length;
  const atEnd = input.selectionStart === input.value.length;
  input.value = card.format[name](input.value);
  let place = 0;
  for (let seen = 0; place < input.value.length && seen < before; place += 1) {
    if (/\d/.test(input.value[place])) seen += 1;
  }
  if (atEnd) place = input.value.length;
  input.setSelectionRange(place, place);
}

for (const name of NAMES) {
  inputs[name].addEventListener("input", () => {
    reformat(name);
    show(name);
    tellChange();
  });
  inputs[name].addEventListener("focus", () => emit("focus", {}));
  inputs[name].addEventListener("blur", () => {
    emit("blur", {});
    if (!value(name)) return;
    touched.add(name);
    show(name);
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") emit("escape", {});
});
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
new ResizeObserver(() => {
  emit("height", document.body.scrollHeight);
}).observe(document.body);

function dress({ theme, variables = {} } = {}) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  for (const [name, property] of Object.entries(VARIABLES)) {
    if (variables[name]) root.style.setProperty(property, variables[name]);
  }
}

function speak() {
  document.documentElement.lang = language(settings.locale);
  for (const name of NAMES) {
    document.querySelector(`label[for="${name}"]`).textContent = word(name, settings.locale);
    show(name);
  }
  inputs.expiry.placeholder = word("expiryHint", settings.locale);
}

function validate() {
  NAMES.forEach((name) => touched.add(name));
  NAMES.forEach(show);
  const wrong = NAMES.find(problemOf);
  if (!wrong) return {};
  inputs[wrong].focus();
  const code = problemOf(wrong);
  return { error: { type: "validation_error", code, message: word(code, settings.locale) } };
}

function methodData(given = {}) {
  const { month, year } = card.expiry(value("expiry"));
  const billing = { ...settings.billingDetails, ...given.billing_details };
  const address = { ...billing.address, postal_code: value("postalCode"), country: "US" };
  return {
    ...given,
    type: "card",
    card: {
      number: card.digits(value("number")),
      exp_month: month,
      exp_year: year,
      cvc: value("cvc"),
    },
    billing_details: { ...billing, address },
  };
}

function mismatch(intent, expected) {
  for (const [name, wanted] of Object.entries(expected)) {
    if ((intent[name] ?? null) !== (wanted ?? null)) {
      const message =
        `The intent's ${name} (${intent[name]}) is not the one of the Elements (${wanted}).`;
      return { error: { type: "invalid_request_error", message } };
    }
  }
  return null;
}

async function confirm({ kind, clientSecret, params = {}, expected }) {
  const wrong = validate();
  if (wrong.error) return wrong;
  if (expected) {
    const found = await api.retrieve(kind, clientSecret, settings);
    const differs = found.error ? found : mismatch(found.intent, expected);
    if (differs) return differs;
  }
  const { payment_method_data: given, ...rest } = params;
  const fields = { ...rest, payment_method_data: methodData(given) };
  return api.confirm(kind, clientSecret, fields, settings);
}

async function begin(given) {
  settings = { ...settings, ...given };
  dress(settings.appearance);
  document.body.style.setProperty("background", settings.ground || "Canvas");
  speak();
  if (value("postalCode") === "" && settings.billingDetails?.address?.postal_code) {
    inputs.postalCode.value = card.format.postalCode(settings.billingDetails.address.postal_code);
  }
  if (!settings.clientSecret) return {};
  return api.retrieve(settings.kind, settings.clientSecret, settings);
}

const emit = line.open({
  begin,
  validate,
  confirm,
  focus: () => inputs.number.focus(),
  blur: () => document.activeElement?.blur(),
  clear: () => {
    NAMES.forEach((name) => {
      inputs[name].value = "";
    });
    touched.clear();
    NAMES.forEach(show);
    tellChange();
  },
});
