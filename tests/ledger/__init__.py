"""The books: what may be posted, what the database refuses, what the chart holds."""
