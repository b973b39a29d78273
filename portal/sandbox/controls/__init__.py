"""What only tests and the demo may do: clock, faults, deliveries, dashboard."""
