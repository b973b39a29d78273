"""What every screen shares: formats, looks, guards; knows no single screen."""
