"""The same training loop on more than one process: torchrun, or a Ray cluster."""
