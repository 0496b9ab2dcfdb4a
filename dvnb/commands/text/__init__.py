"""What results and events are told in: dvc's own words, as plain text.

One module a family, like the commands; each function takes a result, the verb's arguments and a `Style`, and returns
the text without a final newline ("" says nothing).
"""
