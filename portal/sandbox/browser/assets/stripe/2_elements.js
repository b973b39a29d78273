// elements() and the Payment Element: what is mounted, what it tells, when it is submitted.

class PaymentElement {
  constructor(elements, options) {
    this.elements = elements;
    this.options = options;
    this.listeners = new Map();
    this.frame = null;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.update({}));
  }

  on(event, handler) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), handler]);
    return this;
  }

  once(event, handler) {
    const once = (data) => {
      this.off(event, once);
      handler(data);
    };
    return this.on(event, once);
  }

  off(event, handler) {
    const kept = (this.listeners.get(event) ?? []).filter((one) => handler && one !== handler);
    this.listeners.set(event, kept);
    return this;
  }

  tell(event, data) {
    for (const handler of this.listeners.get(event) ?? []) {
      handler({ elementType: "payment", ...data });
    }
  }

  mount(target) {
    const place = typeof target === "string" ? document.querySelector(target) : target;
    insist(place, `mount: there is no element ${target} to mount to.`);
    this.frame?.remove();
    this.frame = new Frame("/frames/payment.html", FRAME_TITLE, (event, data) => {
      if (event === "height") this.frame.element.style.setProperty("height", `${data}px`);
      else this.tell(event, data);
    });
    this.frame.element.setAttribute("allow", "payment *");
    dress(this.frame.element, {
      display: "block",
      width: "100%",
      height: "310px",
      border: "0",
      background: "transparent",
    });
    place.replaceChildren(this.frame.element);
    this.tell("loaderstart", {});
    this.begin();
  }

  async begin() {
    try {
      const begun = await this.frame.ask("begin", this.settings());
      if (begun.error) this.tell("loaderror", { error: begun.error });
      else this.tell("ready", {});
    } catch {
      const message = "The payment form could not be loaded.";
      this.tell("loaderror", { error: { type: "api_connection_error", message } });
    }
  }

  settings() {
    const { options, stripe } = this.elements;
    return {
      key: stripe.key,
      kind: this.elements.kind(),
      clientSecret: options.clientSecret,
      locale: options.locale ?? stripe.locale,
      appearance: options.appearance,
      ground: groundBehind(this.frame.element.parentElement),
      billingDetails: this.options.defaultValues?.billingDetails,
      types: options.paymentMethodTypes,
      futureUsage: options.setupFutureUsage,
      merchant: this.options.business?.name,
    };
  }

  update(options) {
    this.options = { ...this.options, ...options };
    if (this.frame) this.frame.ask("begin", this.settings());
  }

  unmount() {
    this.frame?.remove();
    this.frame = null;
  }

  destroy() {
    this.unmount();
    this.elements.element = null;
  }

  focus() {
    this.frame?.ask("focus");
  }

  blur() {
    this.frame?.ask("blur");
  }

  clear() {
    this.frame?.ask("clear");
  }
}

class Elements {
  constructor(stripe, options) {
    const { mode, amount, currency, clientSecret } = options;
    insist(clientSecret || mode, "elements: give a clientSecret or a mode.");
    insist(!clientSecret || !mode, "elements: give a clientSecret or a mode, not both.");
    if (mode) {
      insist(["payment", "setup"].includes(mode), `elements: mode ${mode} is not known here.`);
      insist(
        mode === "setup" || Number.isInteger(amount),
        "elements: mode payment needs an amount in whole cents.",
      );
      insist(mode === "setup" || currency, "elements: mode payment needs a currency.");
    }
    this.stripe = stripe;
    this.options = options;
    this.element = null;
    this.isSubmitted = false;
  }

  kind() {
    const { mode, clientSecret } = this.options;
    const isSetup = mode === "setup" || clientSecret?.startsWith("seti_");
    return isSetup ? "setup_intent" : "payment_intent";
  }

  create(type, options = {}) {
    insist(type === "payment", `elements.create: no element of type ${type} here.`);
    insist(!this.element, "elements.create: there is a Payment Element already.");
    this.element = new PaymentElement(this, options);
    return this.element;
  }

  getElement(type) {
    return type === "payment" ? this.element : null;
  }

  update(options) {
    this.options = { ...this.options, ...options };
    this.isSubmitted = false;
    this.element?.update({});
  }

  async fetchUpdates() {
    return {};
  }

  async submit() {
    insist(this.element?.frame, "elements.submit: the Payment Element is not mounted.");
    const checked = await this.element.frame.ask("validate");
    this.isSubmitted = !checked.error;
    return checked.error ? checked : { selectedPaymentMethod: checked.selected };
  }

  expected() {
    const { mode, amount, currency, setupFutureUsage } = this.options;
    if (mode !== "payment") return null;
    return { amount, currency, setup_future_usage: setupFutureUsage };
  }
}
