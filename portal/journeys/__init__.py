"""Use cases that cross rooms, one a file; they see ports and documents, never an adapter."""
