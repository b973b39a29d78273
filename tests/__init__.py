"""The tests, one folder a layer; see docs/map.md."""
