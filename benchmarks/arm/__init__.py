"""The default model on arm64 without a phone: QEMU imitates two processors. Answers and instructions, no milliseconds."""
