"""Timelines: every row by default; with a bound, a thinned past that still shows every extreme."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from playground import Experiment, Layer, Trainer
from playground.run.timeline import Timeline

MOST = 40


@st.composite
def recordings(draw: st.DrawFn) -> list[NDArray[np.float64]]:
    """Blocks of rows of three columns: a place that grows, numbers that jump, numbers often equal or absent."""
    lengths = draw(st.lists(st.integers(0, 130), min_size=1, max_size=8))
    noise = np.random.default_rng(draw(st.integers(0, 2**32)))
    total = sum(lengths)
    rare = noise.choice([0.0, 1.0, np.nan, np.inf, -np.inf], size=total, p=[0.5, 0.2, 0.28, 0.01, 0.01])
    rows = np.stack([np.arange(total), noise.normal(size=total), rare], axis=1)
    return np.split(rows, np.cumsum(lengths)[:-1])


def recorded(blocks: list[NDArray[np.float64]], most: int | None) -> Timeline:
    timeline = Timeline(3, most)
    for block in blocks:
        if len(block) == 1:
            timeline.append(block[0])
        else:
            timeline.extend(block)
    return timeline


def test_without_a_bound_every_row_is_kept() -> None:
    rows = np.random.default_rng(0).normal(size=(5000, 3))
    timeline = Timeline(3)
    timeline.append(rows[0])
    timeline.extend(rows[1:4000])
    for row in rows[4000:]:
        timeline.append(row)
    np.testing.assert_array_equal(timeline.view(), rows)


@given(recordings())
def test_with_a_bound_real_rows_stay_in_order_and_no_more_than_allowed(blocks: list[NDArray[np.float64]]) -> None:
    rows, kept = np.concatenate(blocks), recorded(blocks, MOST).view()
    assert len(kept) <= MOST
    places = kept[:, 0].astype(int)
    assert (np.diff(places) > 0).all()
    np.testing.assert_array_equal(kept, rows[places])


@given(recordings(), st.integers(0, 1000), recordings())
def test_a_timeline_is_cut_and_goes_on(
    before: list[NDArray[np.float64]], place: int, after: list[NDArray[np.float64]]
) -> None:
    timeline = recorded(before, MOST)
    handed_out = timeline.view()
    shown = handed_out.copy()
    cut = timeline.until(0, place)
    np.testing.assert_array_equal(cut.view(), shown[shown[:, 0] <= place])
    last = cut.view()[-1, 0] if cut.count else -1
    more = np.concatenate(after)
    more[:, 0] += last + 1
    rows = np.concatenate([np.concatenate(before)[: int(last) + 1], more])
    cut.extend(more)
    np.testing.assert_array_equal(handed_out, shown)
    places = cut.view()[:, 0].astype(int)
    assert len(places) <= MOST and (np.diff(places) > 0).all()
    np.testing.assert_array_equal(cut.view(), rows[places])
    recent = min(MOST // 4, len(more))
    np.testing.assert_array_equal(places[len(places) - recent :], np.arange(len(rows) - recent, len(rows)))


@given(recordings())
def test_with_a_bound_the_first_row_and_a_quarter_of_the_latest_stay(blocks: list[NDArray[np.float64]]) -> None:
    rows, kept = np.concatenate(blocks), recorded(blocks, MOST).view()
    np.testing.assert_array_equal(kept[:1], rows[:1])
    latest = min(len(rows), MOST // 4)
    np.testing.assert_array_equal(kept[len(kept) - latest :], rows[len(rows) - latest :])


@given(recordings())
def test_with_a_bound_the_extremes_of_every_column_stay(blocks: list[NDArray[np.float64]]) -> None:
    rows, kept = np.concatenate(blocks), recorded(blocks, MOST).view()
    for column in range(3):
        everything, left = rows[:, column], kept[:, column]
        assert np.isnan(left).all() == np.isnan(everything).all()
        if not np.isnan(everything).all():
            assert np.nanmin(left) == np.nanmin(everything)
            assert np.nanmax(left) == np.nanmax(everything)


@given(recordings())
def test_rows_one_by_one_are_as_good_as_blocks(blocks: list[NDArray[np.float64]]) -> None:
    singly = recorded([row[np.newaxis] for row in np.concatenate(blocks)], MOST).view()
    assert len(singly) <= MOST
    for column in (0, 1):
        for extreme in (np.min, np.max):
            if len(singly):
                assert extreme(singly[:, column]) == extreme(np.concatenate(blocks)[:, column])


def test_nothing_is_thinned_before_the_bound_is_reached() -> None:
    rows = np.random.default_rng(0).normal(size=(MOST, 3))
    timeline = Timeline(3, MOST)
    timeline.extend(rows)
    np.testing.assert_array_equal(timeline.view(), rows)


def test_the_thinned_past_is_even_over_time_so_that_the_beginning_is_not_lost() -> None:
    timeline, places = Timeline(2, 1024), np.arange(200_000)
    noise = np.random.default_rng(0).normal(size=len(places))
    timeline.extend(np.stack([places, noise], axis=1))
    counts, _ = np.histogram(timeline.view()[:, 0], bins=20, range=(0, len(places)))
    # The last part holds the complete rows as well.
    assert counts[:-1].min() >= 0.5 * counts[:-1].max()
    assert len(timeline.view()) > 512


@pytest.mark.parametrize("block", [1, 100, 512, 5000])
def test_every_run_of_the_thinned_past_shows_its_extremes(block: int) -> None:
    values = np.random.default_rng(0).normal(size=50_000).cumsum()
    rows = np.stack([np.arange(len(values)), values], axis=1)
    timeline = Timeline(2, 2048)
    for start in range(0, len(rows), block):
        timeline.extend(rows[start : start + block])
    places, left = timeline.view().T
    assert timeline.run <= 512
    for start in range(0, len(values) - 1024, timeline.run):
        there = left[(places >= start) & (places < start + timeline.run)]
        whole = values[start : start + timeline.run]
        assert (there.min(), there.max()) == (whole.min(), whole.max())


@pytest.mark.parametrize("most", [None, MOST])
def test_views_handed_out_never_change(most: int | None) -> None:
    timeline = Timeline(2, most)
    noise = np.random.default_rng(0)
    handed: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for length in (1, 30, 9, 1, 300, 1, 1, 17):
        timeline.extend(noise.normal(size=(length, 2)))
        handed.append((timeline.view(), timeline.view().copy()))
    for view, copy in handed:
        np.testing.assert_array_equal(view, copy)
        assert not view.flags.writeable


def test_many_columns_make_room_for_their_extremes() -> None:
    rows = np.random.default_rng(0).normal(size=(3000, 25))
    timeline = Timeline(25, 10)
    timeline.extend(rows)
    assert len(timeline.view()) <= 8 * 25
    np.testing.assert_array_equal(timeline.view().max(axis=0), rows.max(axis=0))


def test_a_rearranged_timeline_goes_on_under_the_same_bound() -> None:
    rows = np.random.default_rng(0).normal(size=(1000, 2))
    timeline = Timeline(2, MOST)
    timeline.extend(rows)
    turned = timeline.rearranged([1, None, 0])
    np.testing.assert_array_equal(turned.view()[:, [2, 0]], timeline.view())
    assert np.isnan(turned.view()[:, 1]).all()
    turned.extend(np.column_stack([rows[:, 1], np.full(1000, 7.0), rows[:, 0]]))
    assert len(turned.view()) <= MOST
    assert turned.view()[:, 2].max() == rows[:, 0].max()
    np.testing.assert_array_equal(timeline.view().max(axis=0), rows.max(axis=0))


def test_a_million_rows_take_no_more_memory_than_the_bound() -> None:
    timeline = Timeline(7, 8192)
    block = np.random.default_rng(0).normal(size=(5000, 7))
    for _ in range(200):
        timeline.extend(block)
    assert timeline.total == 1_000_000
    assert timeline.rows.nbytes <= 8192 * 7 * 8


def test_a_trainer_keeps_as_many_rows_as_it_is_told_through_changes_and_resets() -> None:
    trainer = Trainer(Experiment(), history_rows=64, engine="reference")
    trainer.advance(epochs=100)
    assert len(trainer.snapshot().history.epoch) <= 64
    trainer.configure(Experiment(layers=(Layer(3),)))
    trainer.advance(epochs=100)
    snapshot = trainer.snapshot()
    assert len(snapshot.gradients.step) <= 64
    assert snapshot.history.epoch[[0, -1]].tolist() == [0, 200]
    trainer.reset()
    trainer.advance(epochs=100)
    assert len(trainer.snapshot().history.epoch) <= 64


def test_a_trainer_keeps_every_row_unless_told_otherwise() -> None:
    trainer = Trainer(Experiment(), engine="reference")
    trainer.advance(epochs=300)
    assert trainer.snapshot().history.epoch.tolist() == list(range(301))
