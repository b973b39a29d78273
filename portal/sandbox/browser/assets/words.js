// Knows every sentence of the frames in English and Spanish.

const WORDS = {
  en: {
    number: "Card number",
    expiry: "Expiration date",
    expiryHint: "MM / YY",
    cvc: "Security code",
    postalCode: "ZIP code",
    incomplete_number: "Your card number is incomplete.",
    invalid_number: "Your card number is invalid.",
    incorrect_number: "Your card number is incorrect.",
    incomplete_expiry: "Your card's expiration date is incomplete.",
    invalid_expiry_year_past: "Your card's expiration year is in the past.",
    invalid_expiry_month_past: "Your card's expiration date is in the past.",
    incomplete_cvc: "Your card's security code is incomplete.",
    incomplete_zip: "Your ZIP code is incomplete.",
    connection: "We could not reach the payment service. Check your connection and try again.",
  },
  es: {
    number: "Número de tarjeta",
    expiry: "Fecha de caducidad",
    expiryHint: "MM / AA",
    cvc: "Código de seguridad",
    postalCode: "Código postal",
    incomplete_number: "El número de la tarjeta está incompleto.",
    invalid_number: "El número de la tarjeta no es válido.",
    incorrect_number: "El número de la tarjeta es incorrecto.",
    incomplete_expiry: "La fecha de caducidad está incompleta.",
    invalid_expiry_year_past: "El año de caducidad ya ha pasado.",
    invalid_expiry_month_past: "La fecha de caducidad ya ha pasado.",
    incomplete_cvc: "El código de seguridad está incompleto.",
    incomplete_zip: "El código postal está incompleto.",
    connection: "No hemos podido conectar con el servicio de pago. Inténtelo de nuevo.",
    card_declined: "Su tarjeta ha sido rechazada.",
    insufficient_funds: "Su tarjeta no tiene fondos suficientes.",
    expired_card: "Su tarjeta ha caducado.",
    incorrect_cvc: "El código de seguridad de la tarjeta es incorrecto.",
    processing_error:
      "Se ha producido un error al procesar su tarjeta. Inténtelo de nuevo en unos minutos.",
    payment_intent_authentication_failure:
      "No hemos podido autenticar su método de pago. Elija otro e inténtelo de nuevo.",
    setup_intent_authentication_failure:
      "No hemos podido autenticar su método de pago. Elija otro e inténtelo de nuevo.",
  },
};

/** The language that we have for a locale such as `es-MX` or `auto`. */
export function language(locale) {
  const wanted = !locale || locale === "auto" ? navigator.language : locale;
  return wanted.toLowerCase().startsWith("es") ? "es" : "en";
}

/** A sentence by its name. */
export function word(name, locale) {
  return WORDS[language(locale)][name];
}

/** What to tell the customer about an error of the API. */
export function serverMessage(error, locale) {
  const words = WORDS[language(locale)];
  return words[error.decline_code] ?? words[error.code] ?? error.message;
}
