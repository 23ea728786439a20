"""How many made-up examples a test tries: enough to notice, and many more with JOBSYNC_THOROUGH=1.

Hypothesis draws others in each run, so that what a day's runs try adds up.
"""

import os


def examples(everyday: int, thorough: int) -> int:
    """The number of examples."""
    return thorough if os.environ.get("JOBSYNC_THOROUGH") else everyday
