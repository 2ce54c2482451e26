"""What goes in, and what comes out?

`encode` makes JSON of Python values: `values` says what those of the standard library become, `from_numpy`,
`from_pandas`, `from_polars` and `from_pyarrow` those of a package, which is loaded only where such a value is met;
`records` puts columns together, `times` writes ISO 8601, and `refusals` says what cannot become JSON, and where it
stands. `decode` makes Python values of JSON, `frames` data frames of outputs, whose columns get their types from
`shapes`; `tokens` finds the tokens of JSON texts, and `layout` lays the texts out for people.
"""
