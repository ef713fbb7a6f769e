"""From what the model said to what is worth showing: cut by syntax, then the filters in their order. Pure but for the parser.

Models of this kind hardly ever stop by themselves (measured: 0 of 12 multi-line holes right as generated, 5 of 12 when cut to the
fewest lines with which the file parses), so the cut is not polish, it is most of the quality.
"""
