"""Customers and staff, their sign-in, sessions, links and throttles."""
