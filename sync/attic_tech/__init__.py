"""Attic Tech, a Payload CMS: what its documents hold, how it is asked, what its answers mean."""
