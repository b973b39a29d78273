"""Mails to people, queued with the fact they tell of."""
