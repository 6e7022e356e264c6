"""What `make docs` generates from the code: pages, references and links. Nothing of it is part of the package."""
