"""Reading and writing files: atomic writes, tables as text, progress of long work, and errors in words."""
