"""Wrong passphrases cost time: five are free, then the wait doubles up to five minutes, over restarts and clock jumps."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.errors import KeyFileDamaged, WrongPassphrase
from mobility_app.store.attempts import Attempts


class Clock:
    """UTC milliseconds, moved by hand."""

    def __init__(self) -> None:
        self.at = 1_790_000_000_000

    def __call__(self) -> int:
        return self.at


def wrong() -> str:
    raise WrongPassphrase("no")


def fail(attempts: Attempts) -> object:
    with pytest.raises(WrongPassphrase) as refused:
        attempts.run(wrong)
    return refused.value.details["wait_ms"]


def test_five_wrong_tries_are_free_then_the_wait_doubles_up_to_five_minutes(tmp_path: Path) -> None:
    clock = Clock()
    attempts = Attempts(tmp_path / "attempts.json", clock)
    waits = []
    for _ in range(15):
        wait = fail(attempts)
        assert isinstance(wait, int)
        waits.append(wait // 1000)
        clock.at += wait
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_while_the_wait_runs_not_even_the_right_passphrase_is_tried(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(5):
        fail(Attempts(tmp_path / "attempts.json", clock))
    later = Attempts(tmp_path / "attempts.json", clock)  # the program was started again
    calls: list[str] = []
    clock.at += 1_999
    with pytest.raises(WrongPassphrase) as refused:
        later.run(lambda: calls.append("tried"))
    assert (calls, refused.value.details["wait_ms"]) == ([], 1)
    clock.at += 1
    assert later.wait_ms() == 0
    later.run(lambda: calls.append("tried"))
    assert calls == ["tried"]


def test_the_right_passphrase_clears_the_count(tmp_path: Path) -> None:
    clock = Clock()
    attempts = Attempts(tmp_path / "attempts.json", clock)
    for _ in range(4):
        fail(attempts)
    assert attempts.run(lambda: "keys") == "keys"
    assert [fail(attempts) for _ in range(5)] == [0, 0, 0, 0, 2_000]


def test_ending_the_program_in_the_middle_of_a_try_counts_as_a_wrong_one(tmp_path: Path) -> None:
    clock = Clock()
    attempts = Attempts(tmp_path / "attempts.json", clock)
    for _ in range(4):
        fail(attempts)
    seen: list[int] = []
    attempts.run(lambda: seen.append(Attempts(tmp_path / "attempts.json", clock).wait_ms()))  # as another start sees it
    assert seen == [2_000]


def test_a_damaged_key_file_is_no_wrong_passphrase(tmp_path: Path) -> None:
    def damaged() -> None:
        raise KeyFileDamaged("both copies")

    attempts = Attempts(tmp_path / "attempts.json", Clock())
    for _ in range(9):
        with pytest.raises(KeyFileDamaged):
            attempts.run(damaged)
    assert attempts.wait_ms() == 0
    assert fail(attempts) == 0


def test_a_clock_set_back_ten_years_makes_nobody_wait_longer_than_the_step(tmp_path: Path) -> None:
    clock = Clock()
    attempts = Attempts(tmp_path / "attempts.json", clock)
    for _ in range(6):
        clock.at += 300_000
        fail(attempts)
    clock.at -= 10 * 365 * 86_400_000
    assert attempts.wait_ms() == 4_000
    clock.at += 4_000
    assert attempts.wait_ms() == 0


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"failed": -3, "at": 0}', b'{"failed": true, "at": 0}', b"\xff"]
)
def test_a_damaged_count_gives_no_free_tries(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "attempts.json").write_bytes(content)
    assert fail(Attempts(tmp_path / "attempts.json", Clock())) == 4_000


def test_a_folder_that_cannot_be_written_locks_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    attempts = Attempts(tmp_path / "file" / "attempts.json", Clock())
    assert attempts.run(lambda: "keys") == "keys"
