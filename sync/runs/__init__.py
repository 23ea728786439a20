"""Runs: asked for, queued, carried out one at a time, and watched."""
