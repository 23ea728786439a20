"""Telegram: the client, what it sends us, and who handles it."""
