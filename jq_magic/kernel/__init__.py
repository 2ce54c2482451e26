"""How does a notebook run in which every cell is jq?

`python -m jq_magic.kernel install` makes such a kernel known to Jupyter. `app` starts it, `protocol` speaks with
Jupyter, `session` runs its cells.
"""
