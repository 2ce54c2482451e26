"""What did the person write?

The magics, the options on their lines, the variable that they name, and what IPython does to a line before.
"""
