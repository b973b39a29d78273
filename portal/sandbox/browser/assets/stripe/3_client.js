// Stripe(key): confirming intents, taking the next step, coming back with the result.

class StripeClient {
  constructor(key, options = {}) {
    insist(typeof key === "string" && key, "Stripe: give your publishable key.");
    insist(!key.startsWith("sk_"), "Stripe: never use a secret key in a browser.");
    this.key = key;
    this.locale = options.locale ?? "auto";
    this.controller = null;
  }

  elements(options = {}) {
    return new Elements(this, options);
  }

  confirmPayment(options) {
    return this.confirm("payment_intent", "paymentIntent", options);
  }

  confirmSetup(options) {
    return this.confirm("setup_intent", "setupIntent", options);
  }

  async retrievePaymentIntent(clientSecret) {
    return named("paymentIntent", await this.retrieve("payment_intent", clientSecret));
  }

  async retrieveSetupIntent(clientSecret) {
    return named("setupIntent", await this.retrieve("setup_intent", clientSecret));
  }

  async createConfirmationToken({ elements, params } = {}) {
    insist(elements?.element?.frame, "createConfirmationToken: mount the Payment Element first.");
    insist(elements.isSubmitted, "createConfirmationToken: call elements.submit() first.");
    return named("confirmationToken", await elements.element.frame.ask("token", { params }));
  }

  async verifyMicrodepositsForPayment(clientSecret, told) {
    return named("paymentIntent", await this.verify("payment_intent", clientSecret, told));
  }

  async verifyMicrodepositsForSetup(clientSecret, told) {
    return named("setupIntent", await this.verify("setup_intent", clientSecret, told));
  }

  async handleNextAction({ clientSecret }) {
    const isSetup = clientSecret.startsWith("seti_");
    const kind = isSetup ? "setup_intent" : "payment_intent";
    const found = await this.retrieve(kind, clientSecret);
    return named(isSetup ? "setupIntent" : "paymentIntent", await this.act(kind, found));
  }

  async confirm(kind, name, { elements, clientSecret, confirmParams = {}, redirect } = {}) {
    const secret = clientSecret ?? elements?.options.clientSecret;
    insist(secret, "confirm: there is no clientSecret.");
    insist(
      redirect === "if_required" || confirmParams.return_url,
      "confirm: confirmParams.return_url is needed unless redirect is if_required.",
    );
    const answer = elements
      ? await this.confirmForm(kind, secret, elements, confirmParams)
      : await this.confirmSaved(kind, secret, confirmParams);
    const done = await this.act(kind, answer, elements?.options.locale);
    if (done.error || redirect === "if_required") return named(name, done);
    const back = new URL(confirmParams.return_url);
    back.searchParams.set(kind, done.intent.id);
    back.searchParams.set(`${kind}_client_secret`, secret);
    back.searchParams.set("redirect_status", done.intent.status);
    window.location.assign(back);
    return new Promise(() => {});
  }

  confirmForm(kind, clientSecret, elements, params) {
    const { mode } = elements.options;
    insist(elements.element?.frame, "confirm: the Payment Element is not mounted.");
    insist(!mode || elements.isSubmitted, "confirm: call elements.submit() first.");
    insist(elements.kind() === kind, "confirm: the Elements are for the other kind of intent.");
    const expected = elements.expected();
    return elements.element.frame.ask("confirm", { kind, clientSecret, params, expected });
  }

  confirmSaved(kind, clientSecret, fields) {
    const how = { key: this.key, locale: this.locale };
    return this.control("confirm", { kind, clientSecret, fields, how });
  }

  /** Take the step that an intent asks for, if any; `{intent}` or `{error}`. */
  async act(kind, answer, locale = this.locale) {
    if (answer.error || answer.intent.status !== "requires_action") return answer;
    const { client_secret: secret, next_action: action } = answer.intent;
    if (action.type === "redirect_to_url") {
      window.location.assign(action.redirect_to_url.url);
      return new Promise(() => {});
    }
    if (action.type === "verify_with_microdeposits") return answer;
    await challenge(secret, locale === "auto" ? navigator.language : locale);
    const after = await this.retrieve(kind, secret, locale);
    if (after.error) return after;
    const error = after.intent.last_payment_error ?? after.intent.last_setup_error;
    if (!error || after.intent.status !== "requires_payment_method") return after;
    return { error: { ...error, [kind]: after.intent } };
  }

  retrieve(kind, clientSecret, locale = this.locale) {
    return this.control("retrieve", { kind, clientSecret, how: { key: this.key, locale } });
  }

  verify(kind, clientSecret, told) {
    const how = { key: this.key, locale: this.locale };
    return this.control("verify", { kind, clientSecret, told, how });
  }

  async control(method, argument) {
    if (!this.controller) {
      this.controller = new Frame("/frames/controller.html", "Payment controller", () => {});
      this.controller.element.setAttribute("aria-hidden", "true");
      this.controller.element.tabIndex = -1;
      this.controller.element.style.setProperty("display", "none");
      document.body.append(this.controller.element);
    }
    try {
      return await this.controller.ask(method, argument);
    } catch {
      const message = "The payment service could not be reached.";
      return { error: { type: "api_connection_error", message } };
    }
  }
}

function named(name, answer) {
  return answer.error ? { error: answer.error } : { [name]: answer.intent };
}

window.Stripe = (key, options) => new StripeClient(key, options);
window.Stripe.version = "sandbox";
