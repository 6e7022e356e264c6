"""What `from skinedge import …` gives, a file a verb: each calls the parts below it, and commands call these."""
