"""Verbs over several records, each one transaction through the write door."""
