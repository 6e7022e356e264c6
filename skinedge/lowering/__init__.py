"""From a checkpoint to a bundle: quantization, a backend for each target, parity with fp32, and the gates."""
