"""What `skinedge` can do, a module a part: functions that parse, call and print. `skinedge.cli` names them."""
