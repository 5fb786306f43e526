"""The lab's first half: networks, batches, one training loop. Only `train` and `export` import torch."""
