"""Requests for a second pair of eyes, of any kind."""
