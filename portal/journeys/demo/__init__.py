"""A believable insurer for the demo: made-up people, and their history by the real journeys."""
