"""The shape of the source, held by tests: who imports whom, how long, what it says of itself."""
