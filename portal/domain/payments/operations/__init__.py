"""What can be changed about payments, one idea a module."""
