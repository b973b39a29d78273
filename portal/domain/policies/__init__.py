"""Pets, their policies and terms."""
