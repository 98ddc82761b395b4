"""Two runs compared: joined item by item, estimated, judged.

delta.py          `compare`: from two runs to a Comparison; from there inwards:
pairing/          the join: every item of either run kept, or refused with its reason
delta_rows.py     task, domain and overall rows;  estimates.py: one row's numbers;  intervals.py: how sure they are
margins.py        what may be lost;  preserved.py: what must be kept;  extremes.py: what is missing, at worst and best
verdict.py        the words, from stored numbers;  judging.py: rows together;  family.py: candidates together
chosen.py         the best of several candidates, chosen on one half and judged on the other
course.py, proven.py, tradeoff.py, ship.py    the checkpoints of a training;  trajectory.py: all of it
surface.py        several trainings: forgetting over learning rate and steps
outcomes.py       forgotten and gained;  fates.py: locked, erased, never known
borrowed.py       rows that borrow from one another;  strata.py: tables beside the rows;  missing_data.py: reasons
checked.py        comparisons that anybody may have written, held against themselves and, by recomputed.py, their items
sft_data.py, contamination.py, options.py: what is known of the fine-tuning
"""
