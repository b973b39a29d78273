"""What can be asked across rooms, one idea a module."""
