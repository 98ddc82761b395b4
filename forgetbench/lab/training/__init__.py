"""Recipes carried out with the trainers of TRL and PEFT."""

from forgetbench.lab.training.train import train
from forgetbench.lab.training.trained import Trained

__all__ = ["Trained", "train"]
