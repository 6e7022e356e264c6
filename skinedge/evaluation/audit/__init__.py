"""`skinedge audit`: what in a data set and its split contributes to a result, and whether a model uses what it must not."""
