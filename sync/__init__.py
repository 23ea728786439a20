"""Jobs: reads Attic Tech, compares, decides, stores. Knows nothing of Telegram; an address is a
number.
"""
