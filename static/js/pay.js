// Takes a new card or account on the pay page; with a saved one the form goes its plain way.
// Refuses to decide what is owed: the server counts, and tells when the sum has changed.

import { free, mount, post, say, sayAbout, words } from "./card-form.js";

const form = document.getElementById("pay");
let card;
let busy = false;

const takesNewCard = () => form.elements.with.value === "new";
const keeps = () => form.elements.keep?.checked ?? false;

const cents = () => Number.parseInt(form.elements.expected_cents?.value ?? "0", 10);

async function follow() {
  if (!takesNewCard() || cents() === 0) return;
  const now = { amount: cents(), setupFutureUsage: keeps() ? "off_session" : null };
  if (card === undefined) {
    card = null;
    const options = { mode: "payment", currency: "usd", amount: now.amount };
    if (keeps()) options.setupFutureUsage = "off_session";
    card = await mount(options);
  } else {
    card?.elements.update(now);
  }
}

async function pay() {
  say("");
  if (!card) return say(words.failed);
  const checked = await card.elements.submit();
  if (checked.error) return sayAbout(checked.error);
  const begun = await post(form);
  if (begun === undefined) return say(words.lost);
  form.elements.once_key.value = begun.next_key;
  if (begun.error) {
    say(begun.error);
    if (begun.reload) window.location.reload();
    return undefined;
  }
  if (!begun.client_secret) return window.location.assign(begun.return_url);
  const { error } = await card.stripe.confirmPayment({
    elements: card.elements,
    clientSecret: begun.client_secret,
    confirmParams: { return_url: begun.return_url },
    redirect: "if_required",
  });
  if (error && ["card_error", "validation_error"].includes(error.type)) {
    return say(`${error.message} ${words.nothing}`);
  }
  return window.location.assign(begun.return_url);
}

form.addEventListener("change", follow);
form.addEventListener("portal:counted", follow);
form.addEventListener("submit", async (event) => {
  if (!takesNewCard() || cents() === 0 || event.submitter?.name === "look") return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  form.setAttribute("aria-busy", "true");
  const button = form.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  await pay();
  busy = false;
  free(form);
  button.removeAttribute("aria-disabled");
});
window.addEventListener("pageshow", follow);
follow();
