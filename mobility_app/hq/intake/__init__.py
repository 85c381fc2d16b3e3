"""Billing documents and catalogues that come from outside."""
