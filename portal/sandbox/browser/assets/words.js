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
    card: "Card",
    us_bank_account: "US bank account",
    accountHolderName: "Full name",
    email: "Email",
    routingNumber: "Routing number",
    accountNumber: "Account number",
    pick: "Use the test bank",
    verification: "How the account is verified",
    instant: "Right away",
    microdeposits: "With small deposits, in one or two business days",
    incomplete_name: "Enter the name of the account's holder.",
    incomplete_email: "Your email address is incomplete.",
    incomplete_routing_number: "Your routing number is incomplete.",
    invalid_routing_number: "Your routing number is invalid.",
    incomplete_account_number: "Your account number is incomplete.",
    mandateOnce: "By going on you let MERCHANT debit this account once, for this payment.",
    mandateLater:
      "By going on you let MERCHANT debit this account for what you agreed to pay, now and later. " +
      "You can take this back at any time by telling MERCHANT.",
    merchant: "the merchant",
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
    card: "Tarjeta",
    us_bank_account: "Cuenta bancaria de EE. UU.",
    accountHolderName: "Nombre completo",
    email: "Correo electrónico",
    routingNumber: "Número de ruta",
    accountNumber: "Número de cuenta",
    pick: "Usar el banco de prueba",
    verification: "Cómo se verifica la cuenta",
    instant: "De inmediato",
    microdeposits: "Con pequeños depósitos, en uno o dos días hábiles",
    incomplete_name: "Escriba el nombre del titular de la cuenta.",
    incomplete_email: "El correo electrónico está incompleto.",
    incomplete_routing_number: "El número de ruta está incompleto.",
    invalid_routing_number: "El número de ruta no es válido.",
    incomplete_account_number: "El número de cuenta está incompleto.",
    mandateOnce: "Al continuar, autoriza a MERCHANT a cargar esta cuenta una vez, por este pago.",
    mandateLater:
      "Al continuar, autoriza a MERCHANT a cargar esta cuenta por lo que usted acordó pagar, ahora " +
      "y más adelante. Puede retirar esta autorización cuando quiera, avisando a MERCHANT.",
    merchant: "el comercio",
    routing_number_invalid: "Use el número de ruta de una cuenta de prueba.",
    account_number_invalid: "Use el número de una cuenta de prueba.",
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

/** What the customer allows with a bank account; `merchant` is the page's own name. */
export function mandate({ locale, merchant, kind, futureUsage }) {
  const isForLater = kind === "setup_intent" || Boolean(futureUsage);
  const sentence = word(isForLater ? "mandateLater" : "mandateOnce", locale);
  return sentence.replaceAll("MERCHANT", merchant || word("merchant", locale));
}

/** What to tell the customer about an error of the API. */
export function serverMessage(error, locale) {
  const words = WORDS[language(locale)];
  return words[error.decline_code] ?? words[error.code] ?? error.message;
}
