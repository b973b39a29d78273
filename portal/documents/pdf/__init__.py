"""Papers as tagged PDF, one kind a module; a frozen view in, bytes out; knows no table."""
