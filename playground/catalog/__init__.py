"""The families a person chooses from. One class here is all it takes to add a member of a family.

Modules in this package never import each other (`choice` alone is shared) and know nothing above them.
"""
