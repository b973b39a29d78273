"""The arithmetic of billing, pure: integer cents and dates in, frozen values out."""
