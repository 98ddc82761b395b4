"""Where findings come from; each module looks at one kind of trace.

outcomes.py    what became of forgotten answers: locked or erased
voice.py       over-used phrases, lengths, and wording of the training data
groups.py      which items fell more than others: rare facts, languages
prompting.py   with a chat template and without
training.py    the trainer's own log
weights.py     how far they moved
"""
