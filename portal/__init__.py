"""A self-service billing portal for pet insurance; see docs/map.md for the rooms."""
