"""Measures: the floor, pages and webhooks; no part of the product."""
