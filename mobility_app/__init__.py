"""Mobility: an offline-first customer app for field sales."""

__version__ = "0.1.0"
