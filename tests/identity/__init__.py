"""People and their access, on the real database."""
