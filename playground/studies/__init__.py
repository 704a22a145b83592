"""Studies: plans of many training runs, and tables of their results."""
