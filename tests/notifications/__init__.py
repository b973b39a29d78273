"""Mails: rendered, queued with their fact, delivered once."""
