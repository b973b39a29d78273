"""The languages that pages, mails and papers speak; refuses to know who speaks which."""

from __future__ import annotations

NAMES = {"en": "English", "es": "Español"}
DEFAULT = "en"
