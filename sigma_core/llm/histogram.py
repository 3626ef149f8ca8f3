"""A mergeable histogram of latencies that gives any percentile within one percent.

Bucket k counts latencies from `GROWTH`^(k-2) to `GROWTH`^(k-1) ms, so its middle is off by 0.8 % at most. All buckets
together are one integer of 32-bit lanes: adding two histograms is adding two integers.
"""

import math
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

GROWTH = 1.016
HIGHEST = 1100
"""The last bucket: beyond ten hours."""
_LANE_BITS = 32
_LANES = f"<{HIGHEST + 1}I"
_LOG_GROWTH = math.log(GROWTH)
_FEW = 16
"""Calls below which adding one by one is faster."""
_HEAD = 2
"""Bytes that tell the first bucket, so that the empty ones before it take no room."""


@lru_cache(maxsize=4096)
def one(latency_ms: int) -> int:
    """The histogram of one call."""
    return 1 << (_LANE_BITS * _bucket(latency_ms))


def many(latencies_ms: Sequence[int]) -> int:
    """The histogram of several calls."""
    if len(latencies_ms) < _FEW:
        return sum(map(one, latencies_ms))
    lanes = [0] * (HIGHEST + 1)
    for bucket, count in Counter(map(_bucket, latencies_ms)).items():
        lanes[bucket] = count
    return int.from_bytes(struct.pack(_LANES, *lanes), "little")


def pack(histogram: int) -> bytes:
    """As it is stored."""
    if not histogram:
        return b""
    first = ((histogram & -histogram).bit_length() - 1) // _LANE_BITS
    lanes = histogram >> (_LANE_BITS * first)
    return first.to_bytes(_HEAD, "little") + lanes.to_bytes(-(-lanes.bit_length() // 8), "little")


def unpack(stored: bytes) -> int:
    """The histogram that was packed."""
    first = int.from_bytes(stored[:_HEAD], "little")
    return int.from_bytes(stored[_HEAD:], "little") << (_LANE_BITS * first)


def percentiles(histogram: int, shares: Sequence[float]) -> list[float | None]:
    """For each share (0–1) the latency in ms that it does not exceed, by nearest rank; None without calls."""
    counts = list(_counts(histogram))
    total = sum(count for _, count in counts)
    if not total:
        return [None for _ in shares]
    return [_at(counts, max(1, math.ceil(share * total))) for share in shares]


def by_doubling(histogram: int) -> list[tuple[int, int]]:
    """How many calls took at most so many ms, and more than half of that; from the first that any took to the last."""
    calls = Counter[int]()
    for bucket, count in _counts(histogram):
        calls[max(0, math.ceil(math.log2(max(1.0, _middle(bucket)))))] += count
    return [(2**power, calls[power]) for power in range(min(calls), max(calls) + 1)] if calls else []


def _at(counts: Sequence[tuple[int, int]], rank: int) -> float:
    seen = 0
    for bucket, count in counts:
        seen += count
        if seen >= rank:
            return _middle(bucket)
    return _middle(counts[-1][0])


def _counts(histogram: int) -> Iterable[tuple[int, int]]:
    lanes = struct.unpack(_LANES, histogram.to_bytes(struct.calcsize(_LANES), "little"))
    return ((bucket, count) for bucket, count in enumerate(lanes) if count)


@lru_cache(maxsize=16384)
def _bucket(latency_ms: int) -> int:
    if latency_ms <= 0:
        return 0
    return min(HIGHEST, 1 + math.ceil(math.log(latency_ms) / _LOG_GROWTH - 1e-9))


def _middle(bucket: int) -> float:
    return 0.0 if bucket == 0 else 2 * GROWTH ** (bucket - 1) / (GROWTH + 1)
