"""Carries alerts from the outbox to Telegram and writes down what became of each.

It never decides what happened to a job or who is told; it only drops what is no longer true.
"""
