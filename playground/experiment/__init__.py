"""The experiment: everything a person chose, how it is declared, checked, changed and written."""
