"""Who looks at a learner's answer: hidden cases, each a real handshake, each with its own message.

A judge takes what the learner made and says at once whether it holds, and if not, which mistake
was made and where to look next.  Each lesson's judges are a module of their own.
"""

from pinlib.teach.judges import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
)
from pinlib.teach.judges.core import Feedback, judge_of, judged

LESSONS = (lesson_00, lesson_01, lesson_02, lesson_03, lesson_04, lesson_05, lesson_06)

__all__ = ["LESSONS", "Feedback", "judge_of", "judged"]
