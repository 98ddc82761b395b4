"""Why a model lost what it lost: evidence from its answers, its weights and its training.

drift/        how far each tensor moved, in how many directions
"""
