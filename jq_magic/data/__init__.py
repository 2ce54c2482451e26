"""What goes in, and what comes out?

`encode` makes JSON of Python values and `decode` Python values of JSON; `frames` makes data frames of outputs,
and `layout` lays JSON texts out for people.
"""
