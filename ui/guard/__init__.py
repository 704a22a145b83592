"""Guards that keep the window alive: exceptions are caught, and garbage is collected on the right thread."""
