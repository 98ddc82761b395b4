"""What an item's scoring computes from text, without a model.

text            folding, words, windows of words, scripts
answers         which answer a reply gives
languages       which language a text is in
constraints     whether a reply keeps a demand on its form
thinking        what is thought aloud before the answer
refusal         whether a reply turns down what was asked
degeneration    whether a text has broken down
quality         how good a text is, by cheap tests
ideas           how many ideas several samples hold
diversity       how far the wording of several samples differs
shape           which forms an answer is in
structure       what two answers share of their structure, apart from what they say
pairs           how alike answers to different prompts are on average, and each one's part in it
phrases         the wording that one set of answers overuses
novelty         how much wording is not that of the training data
corpus          scores that need all rows of a task, or both checkpoints
"""
