"""The first half of a run: the mirror of Attic Tech, brought up to date page by page."""
