// Loads Stripe's script and mounts its fields in #card; shows its errors in #card-bad, and what is
// agreed to for a bank account in #card-debit. Refuses to know what is paid or saved, and never
// sees a number.

const about = document.getElementById("pay-script").dataset;
const bad = document.getElementById("card-bad");
const slot = document.getElementById("card");
const debit = document.getElementById("card-debit");
const entered = document.getElementById("card-entered");
let loading;

export const words = { failed: about.failed, lost: about.lost, nothing: about.nothing };

export function say(message) {
  bad.textContent = message ?? "";
  bad.hidden = !message;
  if (message) slot.scrollIntoView({ block: "nearest" });
}

function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = about.script;
    script.addEventListener("load", () => resolve(window.Stripe(about.key, { locale: about.lang })));
    script.addEventListener("error", () => {
      loading = undefined;
      script.remove();
      reject(new Error("script"));
    });
    document.head.append(script);
  });
  return loading;
}

// The fields look like the page's own, light or dark.
function appearance() {
  const style = getComputedStyle(document.documentElement);
  const pick = (name) => style.getPropertyValue(name).trim();
  return {
    variables: {
      colorBackground: pick("--sheet"),
      colorText: pick("--ink"),
      colorPrimary: pick("--accent"),
      colorDanger: pick("--clay-ink"),
      borderRadius: pick("--r2"),
    },
  };
}

// Says beside Stripe's own words what is agreed to, and tells the server that it was shown.
function choose(kind) {
  if (!kind) return;
  debit.hidden = kind !== "us_bank_account";
  entered.value = kind;
}

export async function mount(options) {
  try {
    const stripe = await load();
    const elements = stripe.elements({
      ...options,
      locale: about.lang,
      appearance: appearance(),
    });
    const element = elements.create("payment", { layout: "tabs" });
    element.on("change", (change) => {
      say("");
      choose(change.value?.type);
    });
    element.on("loaderror", () => say(words.failed));
    element.mount(slot);
    return { stripe, elements };
  } catch {
    say(words.failed);
    return undefined;
  }
}

// What is wrong with what was typed stands beside its field already; anything else is said below.
export function sayAbout(error) {
  say(error.type === "validation_error" ? "" : error.message);
}

// Sends the page's form as a script; the answer, or undefined when none came.
export async function post(form) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
      redirect: "error",
    });
    return await answer.json();
  } catch {
    return undefined;
  }
}

export function free(form) {
  form.dispatchEvent(new Event("portal:free", { bubbles: true }));
}
