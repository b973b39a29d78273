"""Disputes and approvals: what changes them, what can be asked of them."""
