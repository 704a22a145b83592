"""Other programs' formats: what goes out to them and what comes in. Nothing here trains."""
