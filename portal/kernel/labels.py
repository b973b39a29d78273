"""Marks inside labels that travel from queries to words; refuses to know what is labelled."""

from __future__ import annotations

PAYER = "payer:"  # in the place of "visa 4242": somebody else paid, whose name follows
