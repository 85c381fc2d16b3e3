"""The customer sheet."""
