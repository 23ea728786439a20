"""The schema of `botzilla` as far as it is ours, in revisions of plain SQL."""
