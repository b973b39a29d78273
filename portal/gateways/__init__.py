"""The outside world behind ports: Stripe, mail, files, the job queue, the embedded database."""
