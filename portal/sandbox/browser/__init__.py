"""What a customer's browser loads: stripe.js, its frames and the 3-D Secure pages."""
