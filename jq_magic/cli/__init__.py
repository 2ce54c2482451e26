"""What does the jq command do?

`arguments` reads its words and `inputs` its files, `command` runs the filter, and `output` writes.
"""
