"""What can be changed about a dispute, one idea a module; each change is audited."""
