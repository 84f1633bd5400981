"""Kafka's jars: exactly those of the lock, whole, or one sentence."""

from pathlib import Path

import msgspec
import pytest

from app.local import jars
from app.local.errors import LocalError

SMALLEST = min(jars.locked(), key=lambda jar: jar.size)


def test_the_lock_pins_each_jar_and_tells_nothing_of_where_it_came_from() -> None:
    lines = [line for line in jars.LOCK.read_text().splitlines() if not line.startswith("#")]
    assert any(line.startswith("org.apache.kafka:kafka_2.13:4.3.1 ") for line in lines)
    assert not any(mark in jars.LOCK.read_text() for mark in ("://", "/", "\\"))
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in jars.locked())


def test_a_missing_jar_is_fetched_and_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = jars.classpath(tmp_path, lambda done, total: told.append((done, total)), [SMALLEST])
    assert jars.intact(Path(path), SMALLEST)
    assert told[-1] == (SMALLEST.size, SMALLEST.size)


def test_a_half_fetched_or_damaged_jar_is_fetched_again(tmp_path: Path) -> None:
    path = Path(jars.classpath(tmp_path, None, [SMALLEST]))
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], content[:-1] + bytes([content[-1] ^ 1])):
        path.write_bytes(damaged)
        jars.classpath(tmp_path, None, [SMALLEST])
        assert path.read_bytes() == content


def test_whole_jars_need_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jars.classpath(tmp_path, None, [SMALLEST])
    no_network(monkeypatch)
    jars.classpath(tmp_path, None, [SMALLEST])


def test_no_network_at_the_first_start_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_network(monkeypatch)
    with pytest.raises(LocalError, match=r"needs the network\.$"):
        jars.classpath(tmp_path, None, [SMALLEST])
    assert not list(tmp_path.rglob("*.jar"))


def test_a_jar_that_is_not_the_locks_is_never_used(tmp_path: Path) -> None:
    other = msgspec.structs.replace(SMALLEST, sha256="0" * 64)
    with pytest.raises(LocalError, match="another sha256"):
        jars.classpath(tmp_path, None, [other])
    assert not list(tmp_path.rglob("*.jar"))


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match=r"cannot be kept in .*file/jars: Not a directory\.$"):
        jars.classpath(tmp_path / "file", None, [SMALLEST])


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send every request to a proxy that does not exist."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
