"""How do you know? What each figure of the window is, how it is computed, and what it does not say.

To explain another figure, add an entry to `FIGURES`.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from ..forms.buttons import identify
from ..forms.layouts import fill


class Figure(NamedTuple):
    """A figure of the window in three paragraphs."""

    title: str
    what: str
    how: str
    not_said: str
    """What must not be concluded from it."""


FIGURES = (
    Figure(
        "Loss and accuracy",
        "How wrong the network is, and how often it is right, on the points it trains on and on those kept aside "
        "(validation).",
        "Both are computed on all points of their set, without dropout, at the end of an epoch. R² stands in place of"
        " accuracy for values: 1 is perfect, 0 no better than the mean.",
        "The validation loss of a network that you tuned by it is too good: you chose what suits these points. The "
        "test share, asked once at the end, is for that.",
    ),
    Figure(
        "Response",
        "What the experiment comes to with other values of one setting. The line is the median, the band goes from "
        "the lowest to the highest start, the mark is the present value.",
        "Every value is trained from the same five starts (initial weights, order of points, dropout) for the number "
        "of epochs in the small print; while nothing else is asked for, more values near the best one are, and up to "
        "fifteen starts. A region is lit, and a value "
        "called better, only where the 95 % interval of its paired gains over the present value excludes 0: the same "
        "start with both values, on the logarithm of the loss, by Student's t. A start that diverged counts as the "
        "worst of all; where some diverged, the strip is hatched.",
        "Of many values compared one may seem better by chance: 32 intervals of 95 % miss once or twice, and the best "
        "of those that were added near the best looks a little better than it is. It says "
        "nothing about more epochs, other points, or other settings than the present ones. Where values mean other "
        "points or another loss, only accuracies are shown and nothing is called better.",
    ),
    Figure(
        "Response from here",
        "What would happen next with the present weights, if the setting were changed now.",
        "The weights are those of the moment at which it was asked for. Each value is a change of that moment, as if "
        "you had made it; the starts differ in the batches that follow. The first start with the present value is "
        "what the run itself will do, but for rounding.",
        "A value that helps now may hurt from the start, and the other way round: a large step leaves a bad place "
        "that a good one would never have led to.",
    ),
    Figure(
        "Epochs, gap and gradient",
        "Other outcomes of the same trainings: how soon the validation accuracy reaches 95 % (R² 0.9), how much "
        "higher the validation loss is than the training loss, and how much of the output layer's gradient reaches "
        "layer 1.",
        "A training that does not get there in time counts as one that needs all the epochs. The gradient is the root"
        " mean square of ∂E/∂W of the last batch, divided by that of the output layer.",
        "A small gap is no merit of a network that has learned nothing, and no size of a gradient is good by itself. "
        "So these two are never called better.",
    ),
    Figure(
        "Map of two settings",
        "The outcome with every pair of values: the brighter the better, hatched where training diverges.",
        "Each pixel is one training from one start, the experiment's own seed; the colours span the best nine tenths "
        "on a logarithmic scale. A pixel opens as exactly the network that was trained.",
        "One start is no proof: single bright pixels are often luck, areas are not. The best of four thousand pixels "
        "would do worse from another start. Ask for the response there.",
    ),
    Figure(
        "Ghost",
        "What would have happened without the latest change: a paler curve, a dashed boundary, and its loss.",
        "Before a change of a running network takes effect, a copy of it is kept, which trains on by itself with the "
        "old settings, on the same engine, points and batches. It is bit for bit what the run would have been.",
        "One run with and one without the change: chance is the same for both, but another start might have answered "
        "the change differently.",
    ),
    Figure(
        "How lucky?",
        "How this run compares with fourteen others that differ only in their start.",
        "The others have the seeds that follow the experiment's own, and train for as many epochs. From the upper edge "
        "of the loss down, as much is hatched as have diverged by then. The share of those "
        "that solve the task (validation accuracy of 95 %, R² of 0.9) has Wilson's 95 % interval.",
        "Luck means starts here: initial weights and the order of the points. The points are the same for all, so it "
        "does not say how the network would do with other data.",
    ),
    Figure(
        "Race",
        "What differs between two to six variants of an experiment, in step with each other.",
        "All have the same seed and, where their shapes allow, the same initial weights and the same batches. Each is "
        "bit for bit the run that it would be alone.",
        "One start each: who wins a race may have been lucky. The response has several starts.",
    ),
    Figure(
        "Remedies",
        "What the best of some twenty changes does to what ails the network.",
        "The experiment is trained as it is and with each change, from eight starts each, then with the most promising "
        "four from sixteen. Where a running network can take a change up, all go on from its present weights, and "
        "shuffles stand in for starts. A remedy is offered if it lowers the validation loss in four fifths of the "
        "starts, by 5 % or more in the mean, and the interval of its paired gains excludes 0, at a confidence of 95 % "
        "for all changes together.",
        "Each change was tried by itself, for the number of epochs that it says. Two changes "
        "together might do better, and the best of many looks a little better than it is.",
    ),
    Figure(
        "Found settings",
        "The best combination of settings that a search met within its time, and what it is worth.",
        "Each combination is trained from three starts; the lowest mean validation loss is kept. It is then compared "
        "with the present settings from sixteen starts that the search has not used, and judged once on the test "
        "share.",
        "A longer search may find better ones. The validation loss of the search itself is too good, since the lowest "
        "of many was kept; believe the comparison.",
    ),
)


class FiguresPage(QDialog):
    """A page on all figures."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("figures")
        self.setWindowTitle("How do you know?")
        self.resize(640, 640)
        self.text = identify(QTextBrowser(self), "figures.text", "How each figure is computed")
        self.text.setHtml("".join(map(_html, FIGURES)))
        fill(QVBoxLayout(self), self.text)


def _html(figure: Figure) -> str:
    paragraphs = (
        escape(figure.what),
        f"<b>How.</b> {escape(figure.how)}",
        f"<b>What it does not say.</b> {escape(figure.not_said)}",
    )
    return f"<h3>{escape(figure.title)}</h3>" + "".join(f"<p>{one}</p>" for one in paragraphs)
