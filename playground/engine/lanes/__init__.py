"""Many networks of one shape at once, one in each lane of the processor's vectors; see `group`."""
