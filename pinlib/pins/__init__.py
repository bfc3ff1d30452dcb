"""What a pin is, how tools write it, and what only looks like one."""
