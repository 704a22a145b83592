"""Studies: plans of many trainings, and the tables that come of them."""
