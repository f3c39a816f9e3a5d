"""The page: one self-contained HTML file that shows what a scope holds, how it came there, and what is not known.

`digest` and `history` read what was kept, `document` decides what is shown, `render` makes the file. All of them are pure; `gather` asks
the ports, once for a file and `live` again and again.
"""
