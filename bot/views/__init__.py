"""What the bot says: data in, escaped HTML and keyboards out.

Nothing here reads a database or calls Telegram.
"""
