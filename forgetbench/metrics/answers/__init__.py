"""Where a reply is read: what answer it gives, right or wrong, strictly and leniently.

    reading         `Reading`, what comes of it, and how much of a reply is read
    normalisation   the forms in which texts are compared
    markup          a reply without Markdown, HTML and LaTeX
    mentions        what a reply mentions, and where: names
    numerals        ... numbers, in digits and words
    quantities      ... times, dates, lengths of time
    question        what a question asks for
    statements      the statements of a reply that can hold its result
    sums            what of a statement is part of a sum, and what the question gives for it
    orders          what stands at a place of a list
    wordings        the words that put one thing as the result
    choosing        which mention of one statement is its result
    finders         what a reply can mention besides the options
    parts           a statement with its mentions, and whether it tells of something else
    results         which of the mentions is the result: the reasoning tasks and a user's numbers
    completions     what a reply puts after the arrow of a pattern
    numbers         a user's numeric answers
    marks           the words by which a reply answers, denies, sets aside and corrects itself
    clauses         how strongly a clause means what it mentions as the answer
    inflections     names as languages other than English inflect them
    options         which of several candidates a reply names
    roles           who won and who lost, what is larger: whether a name stands for what was asked for
    subjects        of what a Chinese clause speaks
    pointers        'the last one', 'the former', as the name that it stands for
    measures        numbers of another measure than the one that was asked for
    placeholders    templates that nobody has filled
    polarity        yes and no in other words
    other_languages sentences that state or deny something in another language
    others          an answer that no candidate stands for
    short_answers   a short answer among candidates: the knowledge and cloze tasks
    strings         an answer to the letter: a user's exact and contains
    patterns        a user's own regular expression, under a time limit
    json_schema     a user's JSON schema
    matching        the five ways above in which a row of a user's file is matched

A reply is hostile text: only its beginning is read, nothing in it is executed, and every pattern here takes time linear
in its length.
"""
