"""Explanations of the window's figures: what each is, how it is computed, and what it does not say.

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
    """The conclusions that it does not allow."""


FIGURES = (
    Figure(
        "Loss and accuracy",
        "How wrong the network is, and how often it is right, on the points it trains on and on those kept aside "
        "(validation).",
        "Both are computed on all points of their set, without dropout, at the end of an epoch. R² stands in place of"
        " accuracy for values: 1 is perfect, 0 no better than the mean.",
        "If you tune a network by its validation loss, that loss is too good: you chose what suits these points. That "
        "is what the test share is for, used once at the end.",
    ),
    Figure(
        "Response",
        "How the experiment would turn out with other values of one setting. The line is the median, the band goes "
        "from the lowest to the highest start, and the mark is the present value.",
        "Every value is trained from the same five starts (initial weights, order of points, dropout) for the number "
        "of epochs in the small print. While nothing else is asked for, values near the best one are added, and "
        "starts, up to fifteen. Each start is compared with itself under the present value, by the logarithm of the "
        "loss. A value is called better, and the region around the best one lit, only where the 95 % interval of these "
        "gains (Student's t) excludes 0 and their mean is 1 % or more, a percentage point for accuracies. All of it "
        "is worked out from five, ten and fifteen starts. Best are the lowest point of the curve and the values around "
        "it that are better, too, and not clearly worse than it, by 5 % or more (a percentage point for accuracies); "
        "where the lowest point itself is not surely better, the sentence names only what is. A start that diverged "
        "counts as the worst of all; where any diverged, the chart is hatched.",
        "Among many values, one may seem better by chance: of 32 intervals of 95 %, one or two miss; and the best of "
        "the values added near the best one looks a little better than it is. The response says nothing about more "
        "epochs, other points, or other settings than the present ones. Where a value changes the points or the loss "
        "function, only accuracies are shown and nothing is called better.",
    ),
    Figure(
        "Response from here",
        "What would happen next with the present weights, if the setting were changed now.",
        "The weights are those of the moment at which you asked. Each value is a change made at that moment, as if by "
        "you; the starts differ in the batches that follow. The first start with the present value does what the run "
        "itself will do, except for rounding.",
        "A value that helps now may hurt from the start, and vice versa: a large step can leave a bad place that "
        "training from the start with it would never have reached.",
    ),
    Figure(
        "Epochs, gap and gradient",
        "Other outcomes of the same runs: how soon the validation accuracy reaches 95 % (R² 0.9), how much "
        "higher the validation loss is than the training loss, and how much of the output layer's gradient reaches "
        "layer 1.",
        "A run that does not reach the goal in time counts as one that needs all the epochs. The gradient is the root "
        "mean square of ∂E/∂W of layer 1 on the last batch, divided by that of the output layer.",
        "A small gap is no merit in a network that has learned nothing, and no gradient size is good in itself. So no "
        "value is called better for these two.",
    ),
    Figure(
        "Map of two settings",
        "The outcome with every pair of values: the brighter the better, hatched where training diverges.",
        "Each pixel is one run from one start, the experiment's own seed; the colours span the best nine tenths on a "
        "logarithmic scale. Opening a pixel gives exactly the network that was trained.",
        "One start is no proof: single bright pixels are often luck, bright areas are not. The best of four thousand "
        "pixels would probably do worse from another start; the response tells.",
    ),
    Figure(
        "Ghost",
        "What would have happened without the latest change: a paler curve, a dashed boundary, and its loss.",
        "Before a change to a running network takes effect, a copy of the network is made, which trains on with the "
        "old settings, on the same engine, points and batches. It is bit for bit what the run would have been.",
        "It compares one run with the change and one without: chance is the same for both, but another start might "
        "have responded differently.",
    ),
    Figure(
        "How lucky?",
        "How this run compares with fourteen others that differ only in their start.",
        "The others have the seeds that follow the experiment's own, and train for the same number of epochs. Each is "
        "judged by its mean validation loss over the last tenth of the epochs, since the loss of a single epoch also "
        "depends on which batches came last; one that diverged counts as worse than all others. It reaches the goal if "
        "its mean validation accuracy over these epochs is 95 % or more (R² 0.9). The interval of the share that "
        "does is Wilson's, at 95 %. The sentence names the epochs for which it holds, and comes when the others have "
        "caught up with the run; while training runs, it is renewed when the epochs have grown by a tenth. A run that "
        "was changed on the way is no such start, so it keeps the verdict from before the change. The share "
        "of starts that have diverged by an epoch is hatched from the top of the loss down.",
        "Here, luck is the start: initial weights and the order of the points. The points are the same for all, so "
        "this does not say how the network would do with other data.",
    ),
    Figure(
        "Race",
        "How two to six variants of an experiment compare, trained in step with each other.",
        "All have the same seed and, where their shapes allow, the same initial weights and the same batches. Each is "
        "bit for bit the run that it would be alone.",
        "Each lane has one start, so the winner may have been lucky. The response has several starts.",
    ),
    Figure(
        "Remedies",
        "How much the best of some twenty changes would help the network.",
        "The experiment is trained as it is and with each change, from eight starts each, then with the most promising "
        "four from sixteen. Where training can go on with a change, all start from the present weights, and other "
        "shuffles take the place of other starts. A remedy is offered if it lowers the validation loss in four fifths "
        "of the starts, by 5 % or more on average, to 5 % or more below that of a network that always outputs 0, and "
        "the interval of its paired gains excludes 0, at a confidence of 95 % for all changes together. The lowest "
        "loss stands first. What early stopping would have done to a network that overfits is read from its own curve.",
        "Each change was tried by itself, for the stated number of epochs. Two changes "
        "together might do better, and the best of many looks a little better than it is. The present weights are "
        "those of the moment when the changes were tried; they are tried again each time the run has grown by about a "
        "quarter.",
    ),
    Figure(
        "Found settings",
        "The best combination of settings that a search found within its time, and how much better it is.",
        "Each combination is trained from three starts; the one with the lowest mean validation loss is kept. It is "
        "then compared with the present settings from sixteen starts that the search has not used, and judged once on "
        "the test share.",
        "A longer search may find better ones. The validation loss of the search itself is too good, since the lowest "
        "of many was kept; trust the comparison.",
    ),
)


class FiguresPage(QDialog):
    """The page "How do you know?" on all figures."""

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
