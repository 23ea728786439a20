"""`/why JOB`: what happened to a job, who was told what and when, and who was not and why.

Rows become a story of plain values here; `bot/views/why.py` says it, for the bot and the terminal.
"""
