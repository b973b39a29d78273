"""Use cases, from request to books and mail."""
