// The Payment Element's frame: takes a card or a bank account, and sends it to the payment API
// and nowhere else. The page around it learns only whether the form is complete and how
// confirming went.

import * as api from "./api.js";
import * as bank from "./bank.js";
import * as card from "./card.js";
import * as line from "./line.js";
import * as look from "./look.js";
import { language, mandate, word } from "./words.js";

const FORMS = {
  card: ["number", "expiry", "cvc", "postalCode"],
  us_bank_account: ["accountHolderName", "email", "routingNumber", "accountNumber"],
};
const ALL = Object.values(FORMS).flat();
const PROBLEMS = { ...card.problem, ...bank.problem };
const FORMATS = { ...card.format, ...bank.format };
const WORDED = ["card", "us_bank_account", "pick", "verification", "instant", "microdeposits"];
const inputs = Object.fromEntries(ALL.map((name) => [name, document.getElementById(name)]));
const verification = document.getElementById("verification");
const today = document.body.dataset.month;
const touched = new Set();
let settings = {};
let selected = "card";
let lastChange = "";

const names = () => FORMS[selected];
const value = (name) => inputs[name].value;
const problemOf = (name) => PROBLEMS[name](value(name), today, value("number"));

function show(name) {
  const code = touched.has(name) ? problemOf(name) : null;
  const place = document.getElementById(`${name}-error`);
  const sentence = code ? word(code, settings.locale) : "";
  if (place.textContent !== sentence) place.textContent = sentence;
  inputs[name].setAttribute("aria-invalid", String(Boolean(code)));
}

function tellChange() {
  const complete = names().every((name) => !problemOf(name));
  const empty = names().every((name) => !value(name));
  const change = { complete, empty, collapsed: false, value: { type: selected } };
  const told = JSON.stringify(change);
  if (told !== lastChange) emit("change", change);
  lastChange = told;
}

function reformat(name) {
  const input = inputs[name];
  if (input.type === "email") return;
  const before = card.digits(input.value.slice(0, input.selectionStart)).length;
  const atEnd = input.selectionStart === input.value.length;
  const formatted = FORMATS[name](input.value);
  if (formatted === input.value) return;
  input.value = formatted;
  let place = 0;
  for (let seen = 0; place < input.value.length && seen < before; place += 1) {
    if (/\d/.test(input.value[place])) seen += 1;
  }
  if (atEnd) place = input.value.length;
  input.setSelectionRange(place, place);
}

for (const name of ALL) {
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
document.getElementById("pick").addEventListener("click", () => {
  for (const [name, number] of Object.entries(bank.TEST_ACCOUNT)) {
    inputs[name].value = number;
    show(name);
  }
  tellChange();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") emit("escape", {});
});
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => event.preventDefault());
}
new ResizeObserver(() => {
  emit("height", document.body.scrollHeight);
}).observe(document.body);

function choose(type) {
  selected = type;
  tellChange();
}

function speak() {
  document.documentElement.lang = language(settings.locale);
  for (const name of WORDED) {
    document.getElementById(`word-${name}`).textContent = word(name, settings.locale);
  }
  for (const name of ALL) {
    document.querySelector(`label[for="${name}"]`).textContent = word(name, settings.locale);
    show(name);
  }
  inputs.expiry.placeholder = word("expiryHint", settings.locale);
  document.getElementById("mandate").textContent = mandate(settings);
}

function validate() {
  names().forEach((name) => touched.add(name));
  names().forEach(show);
  const wrong = names().find(problemOf);
  if (!wrong) return { selected };
  inputs[wrong].focus();
  const code = problemOf(wrong);
  return { error: { type: "validation_error", code, message: word(code, settings.locale) } };
}

function cardData(given, billing) {
  const { month, year } = card.expiry(value("expiry"));
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

function bankData(given, billing) {
  return {
    ...given,
    type: "us_bank_account",
    us_bank_account: {
      account_holder_type: "individual",
      account_type: "checking",
      routing_number: value("routingNumber"),
      account_number: value("accountNumber"),
    },
    billing_details: {
      ...billing,
      name: value("accountHolderName").trim(),
      email: value("email").trim(),
    },
  };
}

/** What the API is to be sent for the method that was typed in, over what the page gave. */
function chosen({ payment_method_data: given = {}, ...rest }) {
  const billing = { ...settings.billingDetails, ...given.billing_details };
  if (selected === "card") return { ...rest, payment_method_data: cardData(given, billing) };
  const fields = { mandate_data: bank.ACCEPTANCE, ...rest };
  fields.payment_method_data = bankData(given, billing);
  if (verification.value !== "instant") {
    fields.payment_method_options = { us_bank_account: { verification_method: verification.value } };
  }
  return fields;
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
  return api.confirm(kind, clientSecret, chosen(params), settings);
}

async function token({ params = {} }) {
  const wrong = validate();
  if (wrong.error) return wrong;
  const fields = { ...chosen(params), setup_future_usage: settings.futureUsage };
  return api.createToken(fields, settings);
}

async function begin(given) {
  settings = { ...settings, ...given };
  look.dress(settings.appearance, settings.ground);
  speak();
  const { address, name, email } = settings.billingDetails ?? {};
  if (value("postalCode") === "" && address?.postal_code) {
    inputs.postalCode.value = card.format.postalCode(address.postal_code);
  }
  if (value("accountHolderName") === "" && name) inputs.accountHolderName.value = name;
  if (value("email") === "" && email) inputs.email.value = email;
  if (!settings.clientSecret) {
    look.offer(settings.types ?? Object.keys(FORMS));
    return {};
  }
  const found = await api.retrieve(settings.kind, settings.clientSecret, settings);
  if (!found.error) look.offer(found.intent.payment_method_types);
  return found;
}

function clear() {
  ALL.forEach((name) => {
    inputs[name].value = "";
  });
  touched.clear();
  ALL.forEach(show);
  tellChange();
}

look.tabs(choose);
const emit = line.open({
  begin,
  validate,
  confirm,
  token,
  clear,
  focus: () => inputs[names()[0]].focus(),
  blur: () => document.activeElement?.blur(),
});
