"""A bundle into its folder: whole or not at all, and nobody else's folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from realtime_advisor.bundle.files import INDEX
from realtime_advisor.bundle.manifest import MANIFEST, write_manifest
from realtime_advisor.bundle.writing import kept_aside, name_folder, require_writable, write_files
from realtime_advisor.errors import ExportFailed


def bundle(**files: str) -> dict[str, str]:
    """A small bundle; `__` in a name stands for a slash."""
    named = {name.replace("__", "/"): text for name, text in files.items()} | {INDEX: "{}"}
    return {**named, MANIFEST: write_manifest(named)}


def read(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_the_bundle_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    write_files(tmp_path / "out", bundle(tables__a="select 1"))
    assert read(tmp_path / "out") == bundle(tables__a="select 1")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_older_bundles_files_go(tmp_path: Path) -> None:
    write_files(tmp_path / "out", bundle(tables__old="select 1"))
    assert write_files(tmp_path / "out", bundle(tables__new="select 2")) == ()
    assert read(tmp_path / "out") == bundle(tables__new="select 2")


def test_an_edited_file_is_kept_aside_and_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_files(out, bundle(tables__old="select 1", README="first"))
    (out / "tables/old").write_text("select 'mine'")
    assert write_files(out, bundle(README="second")) == ("kept/tables/old",)
    assert read(out) == {**bundle(README="second"), "kept/tables/old": "select 'mine'"}
    (out / "README").write_text("mine")
    assert write_files(out, bundle(README="third")) == ("kept/README",)
    assert kept_aside(out) == ("kept/README", "kept/tables/old")


def test_a_second_edit_of_the_same_file_does_not_replace_the_first(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for text in ("one", "two", "two"):
        write_files(out, bundle(README="ours"))
        (out / "README").write_text(text)
    write_files(out, bundle(README="ours"))
    assert {name: text for name, text in read(out).items() if name.startswith("kept/")} == {
        "kept/README": "one",
        "kept/README.2": "two",
    }


def test_files_that_somebody_put_there_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_files(out, bundle(README="first"))
    (out / ".git").mkdir()
    (out / ".git/config").write_text("theirs")
    (out / ".git/refs/tags").mkdir(parents=True)
    (out / "notes.txt").symlink_to("nowhere")
    assert write_files(out, bundle(README="second")) == ()
    assert (out / ".git/config").read_text() == "theirs"
    assert (out / ".git/refs/tags").is_dir()
    assert (out / "notes.txt").readlink() == Path("nowhere")


def test_the_folder_keeps_its_rights_and_its_owner(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o750)
    if os.geteuid() == 0:
        os.chown(out, 12345, 12345)
    before = out.stat()
    write_files(out, bundle(README="first"))
    after = out.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino


def test_a_file_of_somebody_where_the_new_bundle_has_one_is_kept_aside(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_files(out, bundle(README="first"))
    (out / "Report.html").write_text("mine")
    kept = write_files(out, bundle(**{"report.html": "ours"}))
    assert kept == ("kept/Report.html",)


def test_an_index_that_names_files_elsewhere_deletes_nothing(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep")
    write_files(tmp_path / "out", {INDEX: json.dumps({"tables": [{"files": ["../precious.txt", str(precious)]}]})})
    write_files(tmp_path / "out", bundle())
    assert precious.read_text() == "keep"


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ExportFailed, match="holds other files \\(thesis.txt\\) and no bundle. Name an empty folder"):
        require_writable(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_link_to_a_folder_stays_one_and_the_folder_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    write_files(tmp_path / "out", bundle(README="first"))
    write_files(tmp_path / "out", bundle(README="second"))
    assert (tmp_path / "out").is_symlink()
    assert read(tmp_path / "real") == bundle(README="second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "real"]


def test_the_root_is_no_folder_for_a_bundle() -> None:
    with pytest.raises(ExportFailed, match="The folder / cannot be written"):
        require_writable(Path("/"))


def test_a_path_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ExportFailed, match="out cannot be written: File exists. Name another one with OUT."):
        require_writable(tmp_path / "out")


def test_a_folder_of_ones_home_is_named_as_in_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert name_folder("~/out") == name_folder(Path("~/out")) == tmp_path / "out"
    with pytest.raises(ExportFailed, match="^The folder ~no-such-person/out is in a home that cannot be found."):
        name_folder("~no-such-person/out")


@pytest.mark.parametrize("said", ["", " "])
def test_a_folder_without_a_name_is_refused(said: str) -> None:
    with pytest.raises(ExportFailed, match="^No folder is named to write the bundle to. Name one, such as out.$"):
        name_folder(said)


def in_a_volume(place: Path, out: Path, how: str = "rw") -> str:
    """What an export to `out` says where `place` is bound to itself, as a container's volume is."""
    body = (
        "import sys; from pathlib import Path; from realtime_advisor.bundle.writing import require_writable; "
        "require_writable(Path(sys.argv[1]))"
    )
    script = f'mount --bind "$1" "$1" && mount -o remount,bind,{how} "$1" && exec "$2" -c "$3" "$4"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh"]
    run = subprocess.run(
        [*command, place, sys.executable, body, out], capture_output=True, text=True, timeout=600, check=False
    )
    if run.returncode and "Traceback" not in run.stderr:
        pytest.skip(f"nothing can be mounted here, so exporting to a volume is not tested: {run.stderr.strip()}")
    return run.stderr.rstrip().rpartition("ExportFailed: ")[2]


@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare: exporting to a container's volume is not tested")
def test_a_volume_is_refused_before_any_work_and_a_folder_inside_it_is_not(tmp_path: Path) -> None:
    volume = tmp_path / "a volume"
    volume.mkdir()
    assert in_a_volume(volume, volume) == (
        f"The folder {volume} is a mount point, as a container's volume is, and a bundle takes its folder's place as a "
        f"whole. Name a folder inside it: OUT={volume}/bundle."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a volume"]
    assert in_a_volume(volume, volume / "bundle") == ""


@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare: exporting to a container's volume is not tested")
def test_a_volume_that_cannot_be_written_is_not_said_to_take_a_folder(tmp_path: Path) -> None:
    assert in_a_volume(tmp_path, tmp_path, "ro") == (
        f"The folder {tmp_path} is a mount point where nothing can be written, as a read-only volume is. Name another "
        "one with OUT."
    )
    assert "bundle cannot be written: Read-only file system." in in_a_volume(tmp_path, tmp_path / "bundle", "ro")


def crash(how: str, folder: Path) -> list[str]:
    """What a process of its own prints, in which exports end badly."""
    script = Path(__file__).with_name("crashing.py")
    run = subprocess.run(
        [sys.executable, str(script), how, str(folder)], stdout=subprocess.PIPE, text=True, check=True, timeout=600
    )
    return run.stdout.splitlines()


def test_killed_at_any_moment_an_export_leaves_the_old_bundle_or_the_new(tmp_path: Path) -> None:
    ends = Counter(crash("killed", tmp_path / "out"))
    assert set(ends) == {"old old mine []", "new old mine []"}
    assert min(ends.values()) > 10


def test_so_it_does_where_two_names_cannot_be_exchanged_once_the_next_export_has_come(tmp_path: Path) -> None:
    ends = Counter(crash("killed-twice", tmp_path / "out"))
    assert set(ends) == {"old old mine []", "new old mine []", "nothing old mine []"}
    assert ends["nothing old mine []"] == 1


def test_exports_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    assert crash("together", tmp_path / "out")[-1] in (f"[0, 0, 0] {text} mine ['out']" for text in ("old", "new"))


@pytest.mark.parametrize(("how", "why"), [("full", "File too large"), ("forbidden", "Permission denied")])
def test_without_room_or_rights_the_old_bundle_stays_and_one_sentence_says_so(how: str, why: str) -> None:
    with TemporaryDirectory() as place:  # whose parents everybody may pass through
        folder = Path(place) / "parent" / "out"
        Path(place).chmod(0o755)
        folder.parent.mkdir()
        said, left = crash(how, folder)
        folder.parent.chmod(0o755)
    assert said == f"The folder {folder} cannot be written: {why}. Name another one with OUT."
    assert left == "old ['out']"
