"""The product lived through day by day: real journeys, random people, and much goes wrong."""
