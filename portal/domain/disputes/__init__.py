"""Billing disputes: cases, their lines, messages, notes, attachments, resolutions."""
