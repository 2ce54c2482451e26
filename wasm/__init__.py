"""What runs inside of the sandbox, and `wasm.builder`, which makes it. Nothing of this folder is in the wheel."""
