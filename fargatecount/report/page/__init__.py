"""The page: one self-contained HTML file that shows what a scope holds, how that came about, and what is not known.

`samples` and `history` make the chart, `compose` decides what is shown, `document` is its shape, and `render` makes the file. All of them
are pure. `gather` reads the ports, once for a file; `live` reads them repeatedly.
"""
