"""forgetbench inside other programs: a callback for trainers, and an engine as an lm-eval model.

Both import large libraries, so each is imported when it is first named.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
