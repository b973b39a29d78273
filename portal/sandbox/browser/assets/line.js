// Knows how a frame talks with the page around it over one message port. Card data is never
// given to it.

/**
 * Announce this frame and wait for the page's port. `methods` are called by name with the
 * page's argument; the page gets what they return. Returns `emit(event, data)`.
 */
export function open(methods) {
  let port = null;
  const early = [];
  const emit = (event, data) => {
    if (port) port.postMessage({ event, data });
    else early.push({ event, data });
  };
  window.addEventListener("message", (message) => {
    if (port || message.source !== window.parent || message.data?.sandbox !== "port") return;
    port = message.ports[0];
    port.onmessage = async ({ data }) => {
      const answer = await methods[data.method](data.argument);
      port.postMessage({ id: data.id, answer });
    };
    for (const waiting of early) port.postMessage(waiting);
  });
  window.parent.postMessage({ sandbox: "hello" }, "*");
  return emit;
}
