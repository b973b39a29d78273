// Knows how card details are written and when they are complete; shows nothing, sends nothing.

const LENGTHS = { amex: 15, visa: 16, mastercard: 16, discover: 16, unknown: 16 };

/** The digits in a text. */
export function digits(text) {
  return text.replace(/\D/g, "");
}

/** The brand that a number begins like. */
export function brand(number) {
  if (/^3[47]/.test(number)) return "amex";
  if (/^4/.test(number)) return "visa";
  if (/^(5[1-5]|2[2-7])/.test(number)) return "mastercard";
  if (/^6/.test(number)) return "discover";
  return "unknown";
}

/** How a number, an expiry or a code is shown while it is typed. */
export const format = {
  number(text) {
    const number = digits(text).slice(0, LENGTHS[brand(digits(text))]);
    const groups = brand(number) === "amex" ? /^(\d{1,4})(\d{1,6})?(\d{1,5})?/ : null;
    if (groups) return (groups.exec(number) ?? []).slice(1).filter(Boolean).join(" ");
    return number.replace(/(\d{4})(?=\d)/g, "$1 ");
  },
  expiry(text) {
    let plain = digits(text);
    if (/^[2-9]/.test(plain)) plain = `0${plain}`;
    if (plain.length > 4 && /^\d{2}20\d{2}/.test(plain)) {
      plain = plain.slice(0, 2) + plain.slice(4);
    }
    plain = plain.slice(0, 4);
    return plain.length > 2 ? `${plain.slice(0, 2)} / ${plain.slice(2)}` : plain;
  },
  cvc: (text) => digits(text).slice(0, 4),
  postalCode: (text) => digits(text).slice(0, 5),
};

function luhn(number) {
  let sum = 0;
  [...number].reverse().forEach((digit, place) => {
    const value = Number(digit) * (place % 2 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}

/** The month and the full year of an expiry such as `12 / 34`. */
export function expiry(text) {
  const plain = digits(text);
  return { month: Number(plain.slice(0, 2)), year: 2000 + Number(plain.slice(2, 4)) };
}

/** The code of what is wrong with each value, null where nothing is. `today` is `YYYY-MM`. */
export const problem = {
  number(text) {
    const number = digits(text);
    if (number.length < LENGTHS[brand(number)]) return "incomplete_number";
    return luhn(number) ? null : "invalid_number";
  },
  expiry(text, today) {
    const { month, year } = expiry(text);
    const [thisYear, thisMonth] = today.split("-").map(Number);
    if (digits(text).length < 4 || month < 1 || month > 12) return "incomplete_expiry";
    if (year < thisYear) return "invalid_expiry_year_past";
    return year === thisYear && month < thisMonth ? "invalid_expiry_month_past" : null;
  },
  cvc(text, today, number) {
    const length = brand(digits(number)) === "amex" ? 4 : 3;
    return digits(text).length === length ? null : "incomplete_cvc";
  },
  postalCode: (text) => (digits(text).length === 5 ? null : "incomplete_zip"),
};
