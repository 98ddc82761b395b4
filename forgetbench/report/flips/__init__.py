"""The flip browser: what became of every item, in the page, over HTTP or in the terminal."""
