"""From a photo and answers to advice that a health worker can use. Never imports torch."""
