"""Tests of the kernel: no app, no database."""
