"""Telegram and people: settings, commands, views, delivery, the HTTP edge, the command line."""
