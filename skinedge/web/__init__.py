"""The screening station: pages for a person with a phone or an old laptop, served by this machine and to nobody else."""
