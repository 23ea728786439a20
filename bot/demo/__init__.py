"""`jobsync demo`: a pretend company, its phones on one terminal, and a day of its work.

The real program runs against pretend systems, all in processes of their own; this package starts
them, plays the people, and shows what their phones show. It knows the systems only by HTTP.
"""
