"""How does the host speak with the guest?

`module` finds the guest and compiles it, `abi` lays out the control block, `guest` makes the calls, and `errors`
turns error objects into exceptions.
"""
