"""Payment methods, mirrored from Stripe."""
