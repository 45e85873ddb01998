"""What only a person can say: the lines for plan.toml that settle a KPI's direction (method 2).

``direction`` and ``reason`` are left empty, and are refused until both are filled in.
"""

import json

from kpi_utils.cells.notation import label

__all__ = ["DIRECTION_UNCLEAR", "quoted_name"]

# Why a row is undetermined whose direction is asked for.
DIRECTION_UNCLEAR = (
    "direction-unclear",
    "rank-without-direction",
    "target-without-direction",
    "published-contradicts",
)


def quoted_name(name: str) -> str:
    """A KPI's name as plan.toml has it, without its goals.

    >>> quoted_name("市内総生産額 【9.2,9.4】")
    '"市内総生産額"'
    """
    return json.dumps(label(name), ensure_ascii=False)
