"""One backend a target: how an exported graph becomes a program of ExecuTorch, Core ML, ONNX Runtime or LiteRT."""
