"""Builds the guests, the packer and the wasmer extension from the sources in this folder.

    python -m wasm.builder --help

It needs the standard library only. It runs as a module, from the root of a checkout, so that its parts are one package
for the command, the build hook and the tests alike, without a word about paths.
"""
