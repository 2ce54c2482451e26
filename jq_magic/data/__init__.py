"""What goes in, and what comes out?

`encode` makes JSON of Python values and `decode` Python values of JSON; `frames` makes data frames of outputs,
`tokens` finds the tokens of JSON texts, and `layout` lays the texts out for people.
"""
