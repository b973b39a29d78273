"""What billing can be asked, one idea a module."""
