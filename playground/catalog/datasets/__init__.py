"""The data sets: what there is to learn. One class adds one."""
