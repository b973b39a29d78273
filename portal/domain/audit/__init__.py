"""Who did what, in the same transaction as what was done."""
