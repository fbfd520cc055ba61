"""Arithmetic whose bits depend on no processor.

BLAS and LAPACK choose their loops by the processor, NumPy does so for most of its elementary functions and for complex
products, and the C library for its own. What decides about a pose is computed here instead, from sums, products,
quotients and square roots alone: these IEEE 754 defines to the last bit. So are NumPy's `+ - * /`, `sqrt`, sums and
`einsum` (unless it is told to optimise, which means BLAS).
"""
