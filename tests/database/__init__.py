"""The schema: made, unmade, and what the site may do with it."""
