// Knows how a frame calls the payment API with a publishable key and a client secret.

import { serverMessage } from "./words.js";

function flatten(value, name, into) {
  if (value === undefined || value === null) return;
  if (typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      flatten(inner, name ? `${name}[${key}]` : key, into);
    }
  } else {
    into.append(name, String(value));
  }
}

function translated(intent, locale) {
  for (const name of ["last_payment_error", "last_setup_error"]) {
    if (intent[name]) intent[name].message = serverMessage(intent[name], locale);
  }
  return intent;
}

async function call(method, path, fields, { key, locale }) {
  const body = new URLSearchParams();
  flatten(fields, "", body);
  const isGet = method === "GET";
  try {
    const response = await fetch(isGet ? `${path}?${body}` : path, {
      method,
      headers: { Authorization: `Bearer ${key}` },
      body: isGet ? undefined : body,
    });
    const answer = await response.json();
    if (!answer.error) return { intent: translated(answer, locale) };
    return { error: { ...answer.error, message: serverMessage(answer.error, locale) } };
  } catch {
    const error = { type: "api_connection_error", code: "connection" };
    return { error: { type: error.type, message: serverMessage(error, locale) } };
  }
}

function path(kind, clientSecret) {
  const id = clientSecret.split("_secret_")[0];
  return `/v1/${kind}s/${encodeURIComponent(id)}`;
}

/** `{intent}` or `{error}` for a client secret of that kind. */
export function retrieve(kind, clientSecret, how) {
  return call("GET", path(kind, clientSecret), { client_secret: clientSecret }, how);
}

/** Keep what was chosen for the server; `{intent}` is the token, or `{error}`. */
export function createToken(fields, how) {
  return call("POST", "/v1/confirmation_tokens", fields, how);
}

/** Tell what small deposits an account received; `{intent}` or `{error}`. */
export function verify(kind, clientSecret, told, how) {
  const all = { ...told, client_secret: clientSecret };
  return call("POST", `${path(kind, clientSecret)}/verify_microdeposits`, all, how);
}

/** Confirm an intent with `fields`; `{intent}` or `{error}`. */
export function confirm(kind, clientSecret, fields, how) {
  const all = { ...fields, client_secret: clientSecret, use_stripe_sdk: true };
  return call("POST", `${path(kind, clientSecret)}/confirm`, all, how);
}
