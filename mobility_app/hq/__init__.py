"""Headquarters: judges changes, keeps the one log, hands it out by scope."""
