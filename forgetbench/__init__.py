"""forgetbench: what did this fine-tuning cost the base model?

The commands of the command line as functions, and the values that they take and give; docs/python_api.md shows them at
work. `__init__.pyi` lists the public names and where each is at home. A name is imported when it is first used, so
`import forgetbench` takes milliseconds.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, _names = lazy_loader.attach_stub(__name__, __file__)
__all__ = [*_names, "__version__"]  # noqa: PLE0604 - the names are texts
