"""Checks every jaxtyping annotation of the package while the tests run."""

from jaxtyping import install_import_hook

install_import_hook("catchlight", "beartype.beartype")
