"""Tests of the rules: no app, no database."""
