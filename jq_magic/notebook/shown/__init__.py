"""What does an output show?

The result as text and HTML, what it used, what to run next, the runs of a session, and that a run is on.
"""
