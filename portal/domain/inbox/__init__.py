"""Events from outside, each stored once and handled by a job."""
