"""What can be changed about people and their access, one idea a module."""
