"""A stand-in for Stripe as a process of its own: it knows Stripe's HTTP API for cards and
bank accounts, and nothing of the portal."""
