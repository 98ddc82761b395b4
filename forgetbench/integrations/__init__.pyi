from .lm_eval_model import ForgetbenchLM
from .trainer import ForgettingCallback

__all__ = ["ForgetbenchLM", "ForgettingCallback"]
