"""What does the live view of a result know?

The widgets, which cells have one, and the answers to what their pages ask: trees, tables, charts.
"""
