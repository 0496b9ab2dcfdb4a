"""dvnb's own settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvnb.errors import ConfigError
from dvnb.formats.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "tmp").mkdir()
    return Settings(str(tmp_path), lambda path, data: Path(path).write_bytes(data))


def test_defaults(settings: Settings):
    assert settings.get("trash.max_age") == 30
    assert settings.get("trash.max_size") is None
    assert settings.items("repo") == []


def test_what_is_set_is_read_and_comments_stay(settings: Settings, tmp_path: Path):
    (tmp_path / "dvnb.toml").write_text("# ours\n[trash]\nmax_size = 5 # GB\n")
    settings.set(None, "trash.max_age", "7")
    assert (tmp_path / "dvnb.toml").read_text() == "# ours\n[trash]\nmax_size = 5 # GB\nmax_age = 7\n"
    assert (settings.get("trash.max_age"), settings.get("trash.max_size")) == (7, 5)
    settings.set("local", "trash.max_age", "0.5")
    assert settings.get("trash.max_age") == 0.5
    assert settings.get("trash.max_age", "repo") == 7
    assert settings.items("local") == [("dvnb.trash.max_age", 0.5)]
    settings.set("local", "trash.max_age", None)
    assert settings.get("trash.max_age") == 7


@pytest.mark.parametrize("value", ["", "soon", "-1", "nan", "inf"])
def test_values_that_make_no_sense_are_refused(settings: Settings, tmp_path: Path, value: str):
    with pytest.raises(ConfigError, match="must be a number of days"):
        settings.set(None, "trash.max_age", value)
    assert not (tmp_path / "dvnb.toml").exists()


def test_other_mistakes(settings: Settings, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"no setting 'dvnb\.trash\.colour' \(there are: dvnb\.trash\.max_age"):
        settings.get("trash.colour")
    with pytest.raises(ConfigError, match="none of level 'global'"):
        settings.set("global", "trash.max_age", "1")
    with pytest.raises(ConfigError, match="doesn't exist"):
        settings.set(None, "trash.max_age", None)
    (tmp_path / "dvnb.toml").write_text("[trash\n")
    with pytest.raises(ConfigError, match="no valid TOML"):
        settings.get("trash.max_age")
