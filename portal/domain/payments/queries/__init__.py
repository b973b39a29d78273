"""What payments can be asked, one idea a module."""
