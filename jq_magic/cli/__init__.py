"""What does the jq command do?

`arguments` reads the command line and `command` runs it.
"""
