"""The classroom: lessons, panels, predictions and their judges."""

from pinlib.teach.lesson import Lesson, start

__all__ = ["Lesson", "start"]
