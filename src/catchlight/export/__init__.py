"""From trained weights to files that ship: ONNX, eight bits, their cost, their entry and card."""
