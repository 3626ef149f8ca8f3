"""How numbers, money and times read, whoever tells them."""

import pytest

from sigma_core import formatting


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (0, "<\u202f1 ms"),
        (0.99, "<\u202f1 ms"),
        (1, "1 ms"),
        (240, "240 ms"),
        (1800, "1.8 s"),
        (999.6, "1.0 s"),
        (9_960, "10 s"),
        (42_000, "42 s"),
        (59_600, "1 min 00 s"),
        (185_000, "3 min 05 s"),
        (7_800_000, "2 h 10 min"),
    ],
)
def test_durations_have_one_sensible_unit(ms: int, shown: str):
    assert formatting.duration(ms) == shown


@pytest.mark.parametrize(("s", "shown"), [(-3, "0 s"), (12, "12 s"), (540, "9 min"), (10_800, "3 h"), (520_000, "6 d")])
def test_ages_have_one_unit_and_are_never_negative(s: float, shown: str):
    assert formatting.age(s) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(None, "n/a"), (0, "0\u202f%"), (0.001, "1\u202f%"), (0.82, "82\u202f%"), (0.999, "99\u202f%"), (1, "100\u202f%")],
)
def test_a_rate_is_never_rounded_to_all_or_nothing(share: float | None, shown: str):
    assert formatting.percent(share) == shown


@pytest.mark.parametrize(
    ("nano", "shown"),
    [
        (None, "unpriced"),
        (0, "$0.00"),
        (1, "$0.000000001"),
        (4_100_000, "$0.0041"),
        (12_400_000_000, "$12.40"),
        (-12_400_000_000, "−$12.40"),
        (1_234_500_000_000, "$1\u202f234.50"),
        (9_007_199_254_740_993_010_000_000, "$9\u202f007\u202f199\u202f254\u202f740\u202f993.01"),
    ],
)
def test_money_keeps_two_significant_digits_below_a_cent(nano: int | None, shown: str):
    assert formatting.money(nano) == shown


def test_numbers_have_a_thin_space_and_a_real_minus():
    assert formatting.count(1284) == "1\u202f284"
    assert formatting.signed(-1.42, "{:.1f}") == "−1.4"
    assert formatting.signed(12) == "+12"
    assert formatting.signed(0.2) == "±0"


@pytest.mark.parametrize(
    ("s", "shown"),
    [
        (30, "30 s"),
        (600, "10 min"),
        (7200, "2 h"),
        (90, "90 s"),
        (86_400, "1 d"),
        (0.01, "10 ms"),
        (2.5, "2.5 s"),
        (0, "<\u202f1 ms"),
    ],
)
def test_intervals_are_told_in_their_largest_whole_unit(s: float, shown: str):
    assert formatting.interval(s) == shown


def test_a_whole_percent_reads_as_the_sentence_does():
    assert [formatting.whole_percent(share) for share in (0, 0.001, 0.4141, 0.997, 1)] == [0, 1, 41, 99, 100]
