// How the page and the frames from the script's own origin talk; no card data comes this way.
// The server joins the numbered parts of this folder into one script, inside a function.

const BASE = new URL(document.currentScript.src).origin;
const FRAME_TITLE = "Secure payment input frame";
const CHALLENGE_TITLE = "Secure authentication frame";
const PATIENCE_MS = 15000;

class IntegrationError extends Error {
  constructor(message) {
    super(message);
    this.name = "IntegrationError";
  }
}

function insist(condition, message) {
  if (!condition) throw new IntegrationError(message);
}

function dress(element, rules) {
  for (const [name, value] of Object.entries(rules)) element.style.setProperty(name, value);
}

/** The colour that shows behind an element: the nearest ground painted by it or around it. */
function groundBehind(element) {
  for (let node = element; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (colour !== "transparent" && !/^rgba\(.*, 0\)$/.test(colour)) return colour;
  }
  return "";
}

/** A frame and the private line to it; `onEvent(name, data)` hears what it tells. */
class Frame {
  constructor(path, title, onEvent) {
    this.element = document.createElement("iframe");
    this.element.title = title;
    this.element.src = `${BASE}${path}`;
    this.onEvent = onEvent;
    this.waiting = new Map();
    this.count = 0;
    this.port = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("frame")), PATIENCE_MS);
      this.listen = (message) => {
        const isOurs = message.source === this.element.contentWindow;
        if (!isOurs || message.origin !== BASE || message.data?.sandbox !== "hello") return;
        window.removeEventListener("message", this.listen);
        clearTimeout(timer);
        resolve(this.connect());
      };
      window.addEventListener("message", this.listen);
    });
    this.port.catch(() => {});
  }

  connect() {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      if (data.event) this.onEvent(data.event, data.data);
      else {
        this.waiting.get(data.id)(data.answer);
        this.waiting.delete(data.id);
      }
    };
    this.element.contentWindow.postMessage({ sandbox: "port" }, BASE, [port2]);
    return port1;
  }

  async ask(method, argument) {
    const port = await this.port;
    this.count += 1;
    const id = this.count;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      port.postMessage({ id, method, argument });
    });
  }

  remove() {
    window.removeEventListener("message", this.listen);
    this.element.remove();
  }
}

/** Show the bank's page over everything until the customer has chosen. */
function challenge(clientSecret, locale) {
  const before = document.activeElement;
  const id = encodeURIComponent(clientSecret.split("_secret_")[0]);
  const query = new URLSearchParams({ client_secret: clientSecret, locale });
  const overlay = document.createElement("div");
  const frame = document.createElement("iframe");
  overlay.setAttribute("role", "dialog");
  overlay.setAttribute("aria-modal", "true");
  overlay.setAttribute("aria-label", CHALLENGE_TITLE);
  dress(overlay, {
    position: "fixed",
    inset: "0",
    display: "grid",
    "place-items": "center",
    padding: "12px",
    background: "rgb(10 15 20 / 0.6)",
    "z-index": "2147483647",
  });
  frame.title = CHALLENGE_TITLE;
  frame.src = `${BASE}/3ds/challenge/${id}?${query}`;
  dress(frame, {
    width: "min(100%, 440px)",
    height: "min(100%, 420px)",
    border: "0",
    "border-radius": "8px",
  });
  overlay.append(frame);
  document.body.append(overlay);
  frame.focus();
  return new Promise((resolve) => {
    window.addEventListener("message", function listen(message) {
      const isOurs = message.source === frame.contentWindow && message.origin === BASE;
      if (!isOurs || message.data?.sandbox !== "challenge-done") return;
      window.removeEventListener("message", listen);
      overlay.remove();
      before?.focus?.();
      resolve();
    });
  });
}
