"""Who is speaking, what he may see, and the one place where a person is linked to a Telegram id."""
