"""Customers from a CSV file: the routes, one import with its state, and the page."""
