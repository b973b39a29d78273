"""What can be changed in billing, one idea a module."""
