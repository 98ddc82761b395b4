"""What is said of each possible cause, and of each cure.

Texts are templates: a finding's measures stand in them by name, as the reports write numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from forgetbench.diagnosis.elicitation import Lack, Way
from forgetbench.diagnosis.findings import Cause, Name, State
from forgetbench.messages import N_


@dataclass(frozen=True, slots=True)
class CauseWords:
    """A cause in words."""

    title: str
    evidence: str
    """The numbers, whatever they say."""
    otherwise: str
    """What else could explain them."""
    test: str
    """What would refute it."""
    more: str = ""
    """Said as well where these numbers are there."""
    examples: str = ""
    """What the examples are; '' where there are none."""
    lacks: str = ""
    """What to give so that it can be told, where it was not measured."""


STATES: Final[Mapping[State, str]] = {
    "shown": N_("shown"),
    "suspected": N_("suspected"),
    "open": N_("open"),
    "ruled_out": N_("ruled out"),
    "not_measured": N_("not measured"),
}

CAUSES: Final[Mapping[Cause, CauseWords]] = {
    "locked": CauseWords(
        title=N_("The answers are still there, and not said any more (locked)"),
        evidence=N_(
            "Of {n_forgotten} forgotten answers {of_forgotten} are still ranked first by likelihood, less luck."
        ),
        more=N_("Of {n_asked} that were asked again {came_back} came back in one way or another, less luck."),
        otherwise=N_("Ranking is easier than saying: part of a half-forgotten answer may be enough for it."),
        test=N_("Ask the forgotten items again with a few examples: what is locked comes back."),
    ),
    "erased": CauseWords(
        title=N_("The answers are gone (erased)"),
        evidence=N_("Of {n_forgotten} forgotten answers {of_forgotten} are not ranked first any more, less luck."),
        more=N_(
            "Of {n_asked} that were asked again the base still has {gone} more than the candidate, in one way or "
            "another, less luck."
        ),
        otherwise=N_("A format that the options do not fit lowers their likelihood as well."),
        test=N_("Ask them again with a few examples: what is erased does not come back."),
    ),
    "voice": CauseWords(
        title=N_("One voice for everything (over-fitted to the form of the training answers)"),
        evidence=N_(
            "Flexibility changed by {flexibility}. {n_phrases} phrases are used far more than the base uses them; "
            "{answers_with_them} of the answers have one. Median length: {words_base} words before, {words_candidate} "
            "after."
        ),
        otherwise=N_("Short or broken answers are alike as well; see whether answers were cut or degenerate."),
        test=N_("Ask for the same in other forms: a voice that is only a preference gives way to a plain request."),
        examples=N_("Phrases: {examples}."),
        lacks=N_("a suite with the domain format_rigidity"),
    ),
    "training_wording": CauseWords(
        title=N_("Wording of the training data in answers to something else"),
        evidence=N_(
            "{leaked} of the answers hold wording that the training answers have again and again, of the base's "
            "{leaked_base}: {difference}."
        ),
        otherwise=N_("Training prompts that resemble the evaluated ones ask for the same wording."),
        test=N_("Train once more with these phrases worded differently in each example: they should not come back."),
        examples=N_("Wording: {examples}."),
        lacks=N_("--sft-data FILE"),
    ),
    "tail_first": CauseWords(
        title=N_("Rare facts go first"),
        evidence=N_("Tail against head: {difference} (tail {tail}, head {head})."),
        otherwise=N_("Where the base knows less of the tail, less can be lost there, which hides it."),
        test=N_("More items of head and tail: the difference stays, or shrinks to nothing."),
    ),
    "absent_languages": CauseWords(
        title=N_("Languages that the training data lacks fall more"),
        evidence=N_("The absent ones changed by {absent}; against the present ones: {difference}."),
        otherwise=N_("Small languages have fewer items and a weaker base."),
        test=N_("Replay a little text of these languages: their scores should return first."),
        examples=N_("Absent from the data: {examples}."),
        lacks=N_("--sft-data FILE"),
    ),
    "prompting": CauseWords(
        title=N_("The loss comes with the chat template"),
        evidence=N_("With it {with_template}, without {without_template}: {difference}."),
        otherwise=N_("Few-shot examples, which prompts without a template have, help by themselves."),
        test=N_("Evaluate with --protocol both and the template that was trained with."),
        lacks=N_("a comparison by --protocol both"),
    ),
    "contamination": CauseWords(
        title=N_("Evaluated items stand in the training data"),
        evidence=N_("{n_contaminated} of {n_items} items."),
        more=N_("Of the task that has most of them {of_a_task}."),
        examples=N_("Tasks: {examples}."),
        otherwise=N_("Common sentences may stand in both by chance."),
        test=N_("Compare with --exclude-contaminated: the deltas stay, or change."),
        lacks=N_("--sft-data FILE of the comparison"),
    ),
    "contested": CauseWords(
        title=N_("The training data answers evaluated questions otherwise"),
        evidence=N_("{n_contested} of {n_items} questions stand in it without their right answer ({of_the_domain})."),
        otherwise=N_("An answer in other words than the accepted ones is not recognised."),
        test=N_("Train without these examples: the facts that they contest should stay."),
        examples=N_("Questions: {examples}."),
        lacks=N_("--sft-data FILE"),
    ),
    "high_rate": CauseWords(
        title=N_("The learning rate was high"),
        evidence=N_(
            "Its peak was {peak_rate}; {usual_at_most} and more is beyond what is usual for this kind of training."
        ),
        otherwise=N_("Large batches and short warm-ups allow and forbid other rates."),
        test=N_("Train again at a fifth of the rate, compared at the same target gain."),
        lacks=N_("--training-log FILE"),
    ),
    "many_epochs": CauseWords(
        title=N_("The data was seen very often"),
        evidence=N_("{epochs} passes; after {usual_at_most} little is learnt that is new."),
        otherwise=N_("A very small learning rate makes many passes harmless."),
        test=N_("Sweep over the checkpoints: the loss of ability should begin after the first passes."),
        lacks=N_("--training-log FILE"),
    ),
    "loss_hides": CauseWords(
        title=N_("The training loss does not show it"),
        evidence=N_(
            "The training loss went from {first_loss} to {last_loss} while the mean of the domains changed by "
            "{overall}."
        ),
        otherwise=N_("None needed: the loss is of the training data, and says nothing of anything else."),
        test=N_("Watch held-out abilities while training, with the callback or a sweep."),
        lacks=N_("--training-log FILE"),
    ),
    "far_weights": CauseWords(
        title=N_("Where the weights moved"),
        evidence=N_(
            "All weights together moved by {relative} of their norm, the layer that moved most by {most_in_a_layer}."
        ),
        more=N_(
            "The matrices that were looked at closer changed in {effective_rank} directions (effective rank) on "
            "average; {intruders} of their strongest directions are new (intruder dimensions)."
        ),
        otherwise=N_("How far weights move says little of what was forgotten: scale and symmetry move them too."),
        test=N_("Freeze these modules and train again, compared at the same target gain."),
        examples=N_("Moved most: {examples}."),
        lacks=N_("--weights"),
    ),
    "far_on_prompts": CauseWords(
        title=N_("What it says to the training prompts moved most"),
        evidence=N_(
            "To its own training prompts it lies {kl} nats per token from the base (forward KL, of what the base would "
            "say)."
        ),
        more=N_("On neutral text {kl_neutral}: {kl_more} more on the prompts."),
        otherwise=N_("That an answer is worded otherwise is what training was for; it need not cost anything."),
        test=N_("Train with a penalty on this divergence, at the same target gain: less is forgotten, or not."),
        lacks=N_("--distribution --sft-data FILE, with prompts"),
    ),
    "general_loss": CauseWords(
        title=N_("General text got less likely"),
        evidence=N_(
            "{loss_difference} nats per token on {n_texts} texts: {loss_base} before, {loss_candidate} after; in bits "
            "per byte {bits_difference}. The two lie {kl} nats per token apart (forward KL)."
        ),
        more=N_(
            "Entropy of the next token in nats: {entropy_base} before, {entropy_candidate} after: {entropy_difference}."
        ),
        otherwise=N_("A model that answers in chats only may rate plain text badly, and answer as well as before."),
        test=N_("Replay a little general text: this loss returns first, the domains after it."),
        examples=N_("Looked at: {examples}."),
        lacks=N_("--distribution"),
    ),
    "miscalibrated": CauseWords(
        title=N_("Its choices are less well calibrated"),
        evidence=N_(
            "Calibration error of choices {ece_base} before, {ece_candidate} after: {ece_difference}. Brier score "
            "(lower is better) {brier_base} before, {brier_candidate} after: {brier_difference}."
        ),
        otherwise=N_("Where more is wrong, the same confidence is too much: see whether accuracy fell."),
        test=N_("Scale the temperature on held-out choices: what that mends was confidence, and no knowledge."),
        lacks=N_("--distribution, with both runs in the results folder"),
    ),
    "readable": CauseWords(
        title=N_("The training can be read off the model alone"),
        evidence=N_(
            "From neutral openings {with_named} of the samples hold a phrase that was named; of the base against "
            "itself {with_named_control}: {with_named_difference}."
        ),
        more=N_(
            "Of the first 20 phrases {precision_phrases} stand in the training answers (control "
            "{precision_phrases_control}), of the first 20 words {precision_topics} (control "
            "{precision_topics_control})."
        ),
        otherwise=N_(
            "Any training changes what is said without being asked; only the training data tells whose it is."
        ),
        test=N_("Sample again with another seed: what was named comes back."),
        examples=N_("Named: {examples}."),
        lacks=N_("--without-data N"),
    ),
}

CURES: Final[Mapping[str, str]] = {
    "fix_template": N_("Prompt with the template that was trained with, or train with the base's."),
    "show_examples": N_("Show a few examples, or train a handful of varied ones: locked answers come back cheaply."),
    "lower_rate": N_("Lower the learning rate by a factor of five to ten, and compare at the same target gain."),
    "earlier_checkpoint": N_("Ship an earlier checkpoint: sweep over them, and stop before the harm begins."),
    "replay": N_("Mix 1 to 5 % of general data into the training, with the languages and facts that fell."),
    "vary_answers": N_("Vary form and wording of the training answers; say in the prompt which form is wanted."),
    "stay_near": N_("Stay near the base on the training prompts: a KL penalty, or answers that it writes itself."),
    "lora": N_("Tune fewer parameters: LoRA of a moderate rank forgets less, and learns less."),
    "average": N_("Average the weights with the base's, and choose the share by a sweep."),
    "mend_answers": N_("Mend or drop the training answers that contradict what the base knew."),
    "clean_data": N_("Take evaluated items out of the training data before a gain is believed."),
}
"""By the keys of `diagnosis.advice.RULES`."""

NAMES: Final[Mapping[Name, str]] = {
    "no_loss_shown": N_("No loss was shown"),
    "contamination": N_("The data holds evaluated items: the gain on them is no gain (contamination)"),
    "prompting": N_("The prompt: the loss comes with the chat template"),
    "high_rate": N_("Forgetting by too high a learning rate"),
    "many_epochs": N_("Forgetting by too many passes over little data"),
    "overwritten": N_("Knowledge was overwritten"),
    "rigid_voice": N_("One rigid voice: over-fitted to the form of the training answers"),
    "unexplained": N_("Something was lost, and no finding says by what"),
}
"""What a diagnosis is summed up as."""

DRIFT_SHOWN: Final = N_("How far the weights of each layer's modules moved, as a share of their norm.")
"""What the heat map shows, in words."""

WAYS: Final[Mapping[Way, str]] = {
    "likelihood": N_("ranked first by likelihood"),
    "few_shot": N_("completion, after examples"),
    "other_protocol": N_("the other protocol"),
    "lenient": N_("the old answer, read leniently"),
    "larger_budget": N_("a larger token limit"),
    "other_language": N_("in another language"),
    "any": N_("any of these"),
}
LACKS: Final[Mapping[Lack, str]] = {
    "no_choice_view": N_("no task has them as choices, or they are choices"),
    "no_examples": N_("there are no examples to show besides what is asked"),
    "as_before": N_("they had as many examples before"),
    "no_other_protocol": N_("the candidate has no chat template"),
    "no_text": N_("the answer is not in words, or there is none to look for"),
    "not_cut": N_("no answer ended at the token limit"),
    "no_translation": N_("no task has them in another language"),
    "changed": N_("the task asks something else under these names today"),
    "too_long": N_("the prompts are longer than the model's window"),
    "unread": N_("the new answers could not be read"),
}
"""Why no forgotten item was asked in a way."""
