"""Tests of billing: operations and queries on the real database."""
