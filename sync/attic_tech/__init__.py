"""Attic Tech, a Payload CMS: how it is asked, what answers hold."""
