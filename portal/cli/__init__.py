"""Commands: flask db, staff, customers, books, demo, worker and the rest, one group a file."""
