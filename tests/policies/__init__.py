"""Pets, policies and terms, on the real database."""
