"""A results folder of any size in the browser, from a server on this machine alone.

server.py        the address it listens on, until it is interrupted
guards.py        what a request must be, and what every response tells the browser
app.py           the routes
catalogue.py     what the folder holds, read one by one; trajectories.py, groups.py: some of it, and in which order
pages.py         its own pages as HTML; reports.py: a comparison's page, which is its report
flip_store.py    the flips that are looked at
flip_pages.py    filters, orders and pages of them, over index.py's arrays; asked.py: the words of an address
flip_texts.py    the texts of the rows that are shown
parquet.py       Parquet files asked by DuckDB
"""
