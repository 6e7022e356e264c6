"""What `skinedge` can do, a file a command: functions that parse, call and print. `skinedge.cli` gathers them."""
