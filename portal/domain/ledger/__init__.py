"""The double-entry, append-only books: accounts, entries, lines, recipes."""
