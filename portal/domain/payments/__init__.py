"""Money received and given back: payments, reservations, refunds."""
