"""The rooms of the business; each knows its tables and rules, none knows the web or Stripe."""
