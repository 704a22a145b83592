"""The panels. A panel shows an experiment and asks for another through its `edited` signal; it owns no truth.

`edited` carries (experiment, label, changing): the experiment asked for, a few words for the undo menu, and
whether more of the same follows at once (a slider still being dragged), which makes one undo step of it all.
"""
