// Saves a card or account: Stripe's fields, then the server's SetupIntent, then the page that
// mirrors it. Never sees a number.

import { free, mount, post, say, sayAbout, words } from "./card-form.js";

const form = document.getElementById("add-card");
const card = mount({ mode: "setup", currency: "usd", setupFutureUsage: "off_session" });
let busy = false;

async function save() {
  say("");
  const ready = await card;
  if (!ready) return say(words.failed);
  const checked = await ready.elements.submit();
  if (checked.error) return sayAbout(checked.error);
  const begun = await post(form);
  if (begun === undefined) return say(words.lost);
  if (begun.error) {
    say(begun.error);
    if (begun.reload) window.location.reload();
    return undefined;
  }
  const { error, setupIntent } = await ready.stripe.confirmSetup({
    elements: ready.elements,
    clientSecret: begun.client_secret,
    confirmParams: { return_url: begun.return_url },
    redirect: "if_required",
  });
  if (error) return say(error.message);
  const back = new URL(begun.return_url);
  back.searchParams.set("setup_intent", setupIntent.id);
  return window.location.assign(back);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) return;
  busy = true;
  form.setAttribute("aria-busy", "true");
  await save();
  busy = false;
  form.removeAttribute("aria-busy");
  free(form);
});
