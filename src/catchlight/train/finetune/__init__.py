"""Fine-tuning of the RAW engine on one's own photos: what `catchlight train finetune` does."""

from catchlight.train.finetune.comparison import Comparison, Judged, compare, comparison_table
from catchlight.train.finetune.request import FineTuneRequest
from catchlight.train.finetune.tune import Tuned, forget_run, tune
from catchlight.train.finetune.tuned_card import CARD, NotBetterError, difference_text, save_tuned, tuned_record

__all__ = [
    "CARD",
    "Comparison",
    "FineTuneRequest",
    "Judged",
    "NotBetterError",
    "Tuned",
    "compare",
    "comparison_table",
    "difference_text",
    "forget_run",
    "save_tuned",
    "tune",
    "tuned_record",
]
