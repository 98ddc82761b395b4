"""Where a reply is read: what answer it gives, right or wrong, strictly and leniently.

    reading         `Reading`, what comes of it, and how much of a reply is read
    normalisation   the two forms in which texts are compared
    options         which of several candidates a reply names
    numbers         which number a reply states
    short_answers   a short answer among candidates: the knowledge, reasoning and cloze tasks
    strings         an answer to the letter: a user's exact and contains
    patterns        a user's own regular expression, under a time limit
    json_schema     a user's JSON schema
    matching        the five ways above in which a row of a user's file is matched

A reply is hostile text: only its beginning is read, nothing in it is executed, and every pattern here takes time linear
in its length.
"""
