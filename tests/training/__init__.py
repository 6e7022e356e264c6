"""What tests of training share."""

ONE_NETWORK = {"soup": 1, "taught_epochs": 0, "count_again": False, "shared_views": False}
"""Changes of a recipe that makes a soup, for tests of something else."""
