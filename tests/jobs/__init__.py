"""What runs in the background: order, second tries, dead workers, the clock."""
