"""Tests of the stand-in stripe.js in Chromium."""
