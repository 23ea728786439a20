"""Who is who: the people of BotZilla and Attic Tech, matched and judged."""
