// A payment page as small as can be: the deferred flow, told by the query what to do.
const query = new URLSearchParams(location.search);
const result = document.getElementById("result");
const events = document.getElementById("events");
const isSetup = query.get("mode") === "setup";
const stripe = Stripe(query.get("key") ?? "pk_test_sandbox");
const options = { mode: isSetup ? "setup" : "payment", currency: "usd" };
if (!isSetup) options.amount = Number(query.get("amount") ?? 6244);
if (query.get("locale")) options.locale = query.get("locale");
if (query.get("types")) options.paymentMethodTypes = query.get("types").split(",");
if (query.get("theme")) options.appearance = { theme: query.get("theme") };
const given = query.get("given");
const elements = stripe.elements(given ? { clientSecret: given } : options);
const element = elements.create("payment");
for (const name of ["ready", "change", "loaderror"]) {
  element.on(name, (data) => {
    events.textContent += ` ${name}:${data.complete ?? data.error?.code ?? ""}`;
  });
}
element.mount("#element");

window.addEventListener("message", ({ data }) => {
  document.body.dataset.heard = `${document.body.dataset.heard ?? ""}${JSON.stringify(data)}`;
});

document.getElementById("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  result.textContent = "";
  try {
    const submitted = await elements.submit();
    if (submitted.error) {
      result.textContent = `${submitted.error.type} ${submitted.error.code}`;
      return;
    }
    const clientSecret = given ? undefined : query.get("secret");
    const confirm = isSetup ? stripe.confirmSetup : stripe.confirmPayment;
    const answer = await confirm.call(stripe, {
      elements,
      clientSecret,
      confirmParams: { return_url: `${location.origin}/back` },
      redirect: query.get("redirect") ?? "if_required",
    });
    const intent = answer.paymentIntent ?? answer.setupIntent;
    result.textContent = answer.error
      ? `${answer.error.type} ${answer.error.code}: ${answer.error.message}`
      : intent.status;
  } catch (error) {
    result.textContent = `${error.name}: ${error.message}`;
  }
});
