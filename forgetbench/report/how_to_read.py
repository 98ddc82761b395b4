"""What every number and word of a report means, in a paragraph each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from forgetbench.messages import N_
from forgetbench.messages import translated as _
from forgetbench.stats.clustered import FEW


def how_to_read() -> Iterator[tuple[str, str]]:
    """Terms with their explanations, in the current language."""
    for term, text in _EXPLANATIONS.items():
        yield _(term), _(text).format(few=FEW)


_EXPLANATIONS: Final[dict[str, str]] = {
    N_("Delta"): N_(
        "Fine-tuned minus base on the same items, in points of 100. Higher is better in every row, so a "
        "negative delta is a loss. Creativity is quality-weighted novelty; format rigidity is shown as "
        "flexibility (1 minus the rigidity index)."
    ),
    N_("Interval"): N_(
        "The 95% range of deltas that the items are compatible with, from a paired bootstrap that resamples "
        "whole clusters (subjects, templates, prompts)."
    ),
    N_("Regressed"): N_(
        "Something was lost: the drop is significant (McNemar's test, or one of the signs of whole clusters) after "
        "correction for the number of domains (Holm) or of tasks (Benjamini-Hochberg). The test decides, so the "
        "interval may hold zero where clusters are few or very unequal. What the base loses against itself is shown "
        "as the noise floor, and excuses no loss."
    ),
    N_("Within the margin"): N_(
        "Beside a verdict of regressed (hollow mark): something was lost, and less than is allowed, as for retained. "
        "A gate lets it pass. Regressed without these words: as much as is allowed, or more, may be lost."
    ),
    N_("Retained"): N_(
        "A drop as large as the margin is ruled out, and so is that less than the asked fraction (80% if nothing "
        "else is said) of what the base can do, above chance, was kept. Both were declared before the run. Bars and "
        "the forest plot draw the margin beside each interval."
    ),
    N_("Improved"): N_("The gain is significant after the same correction, whatever missing items may have been."),
    N_("Mixed"): N_(
        "The domain's tasks moved in opposite directions: at least one is shown to have fallen and one to have risen. "
        "Their mean says neither; read the tasks."
    ),
    N_("Inconclusive"): N_(
        "Too few items to tell. This is not evidence that nothing was lost: a drop smaller than the minimum "
        "detectable effect could go unseen. Margin open: a loss of the margin is not ruled out. Fraction open: it is, "
        "but that the asked fraction of what the base can do was kept is not shown."
    ),
    N_("Not measured"): N_(
        "No score could be made, or the base is at chance and has nothing to lose; the reason is given. It never "
        "counts as retained."
    ),
    N_("Minimum detectable effect (detects from)"): N_(
        "The true drop that this many items would show as significant four times out of five if it is spread evenly "
        "over them; the table of clusters has that where whole clusters collapse and the others stay as they are."
    ),
    N_("Clusters, degrees of freedom"): N_(
        "Items of one subject, template or prompt are no independent evidence: what counts is the number of their "
        "clusters, by both keys where a task declares two. Effective: clusters of equal weight that tell as much. "
        "With fewer than {few}, an interval is wide and rests on assumptions. Degrees of freedom (dof): how well the "
        "standard error itself is known."
    ),
    N_("Standardised effect"): N_(
        "Cohen's d_av: the delta over the mean of the two standard deviations of item scores; of several tasks the "
        "mean. It compares changes of scores that spread differently."
    ),
    N_("Overall"): N_(
        "The mean of the domains, without target, which the fine-tuning was for, and without format rigidity, a habit "
        "among abilities. It hides which domain lost: read how many did first."
    ),
    N_("Forgotten, gained"): N_(
        "Items the base gets right and the fine-tuned model gets wrong, and the reverse, as a share of the "
        "paired items. Corrected: chance-corrected, less the flips that guessing alone makes, by how often the tuned "
        "model's wrong guess is the base's; not known of answers in which no options were rated."
    ),
    N_("Locked, erased"): N_(
        "A forgotten item is locked when the model still ranks the right answer first by likelihood but no "
        "longer says it: the ability is there, and a few examples or another prompt bring it back. It is "
        "erased when the base ranked it first and the tuned model does not, and was never known by likelihood when "
        "not even the base did. Of the forgotten, less luck: what is left of these shares without the answers that "
        "guessing ranks first, with the reach of the 95% interval."
    ),
    N_("Cut"): N_(
        "The token limit ended an answer before it could be read: it is neither right nor wrong, and no item. Shown as "
        "the share of the base's / the tuned model's answers."
    ),
    N_("Missing items"): N_(
        "With cut answers, or with missing items, the delta lies between two numbers: if every score that is not known "
        "were its worst for the tuned model, and its best. A score that one side has counts as it is. Retained, "
        "improved and within the margin hold at the worst."
    ),
    N_("Marked +"): N_("The task stands beside its domain: it is shown, and is no part of the domain's score."),
    N_("Retention"): N_(
        "Fine-tuned over base, both above chance, with the interval of a ratio (Fieller): unbounded where the base's "
        "own score is too unsure. It does not exist where the base is at chance."
    ),
    N_("Borrowed estimates"): N_(
        "Shrunk: a row's delta drawn towards the others', the more the less it is known by itself, with the "
        "probability that more than the margin was lost. They decide nothing."
    ),
}
