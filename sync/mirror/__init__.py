"""The first half of a run: the mirror, brought up to date."""
