"""The confusion matrix: which classes are predicted as which."""
