"""What tests of training share."""

ONE_NETWORK = {"soup": 1, "distillation_epochs": 0, "reestimate_batchnorm": False, "augmentation_cache": False}
"""Changes of a recipe that makes a soup, for tests of something else."""
