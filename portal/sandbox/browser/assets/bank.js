// Knows how bank details are written and when they are complete; shows nothing, sends nothing.

const digits = (text) => text.replace(/\D/g, "");

/** What the button for the test bank fills in: an account whose debits succeed. */
export const TEST_ACCOUNT = { routingNumber: "110000000", accountNumber: "000123456789" };

/** How each value is shown while it is typed. */
export const format = {
  accountHolderName: (text) => text,
  email: (text) => text,
  routingNumber: (text) => digits(text).slice(0, 9),
  accountNumber: (text) => digits(text).slice(0, 17),
};

function isRouting(number) {
  const weights = [3, 7, 1, 3, 7, 1, 3, 7, 1];
  const sum = weights.reduce((total, weight, place) => total + weight * Number(number[place]), 0);
  return sum % 10 === 0;
}

/** The code of what is wrong with each value, null where nothing is. */
export const problem = {
  accountHolderName: (text) => (text.trim() ? null : "incomplete_name"),
  email: (text) => (/^\S+@\S+\.\S+$/.test(text.trim()) ? null : "incomplete_email"),
  routingNumber(text) {
    if (text.length < 9) return "incomplete_routing_number";
    return isRouting(text) ? null : "invalid_routing_number";
  },
  accountNumber: (text) => (text.length >= 4 ? null : "incomplete_account_number"),
};

/** The customer's acceptance of the mandate that stands below the form. */
export const ACCEPTANCE = {
  customer_acceptance: { type: "online", online: { infer_from_client: true } },
};
