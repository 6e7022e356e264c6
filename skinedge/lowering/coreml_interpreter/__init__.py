"""Reads a saved Core ML program (MIL, the Model Intermediate Language) and computes it with torch.

It is not Core ML: it follows the definitions of Apple's operations, as coremltools documents them, and knows nothing of how
an Apple device orders a sum or which unit runs an operation. It shares no code with the models that it checks.
"""
