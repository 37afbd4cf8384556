import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from aisle.models import bundle
from aisle.models.bundle import CHECKSUM, FORMAT, MANIFEST, UNSEALED, Bundle, checksum
from aisle.shop.errors import BundleError
from tests.models.tiny import Tiny, bundle_of, tiny_by_name

REMEDY = "aisle models rollback. or .aisle train"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "000001"
    bundle.save(folder, bundle_of("personal", "popular"))
    return folder


def _load(folder: Path, **options: Any) -> Bundle:
    return bundle.load(folder, lookup=tiny_by_name, **options)


def _edit(folder: Path, **changes: Any) -> None:
    manifest = msgspec.json.decode((folder / MANIFEST).read_bytes())
    text = msgspec.json.encode(manifest | changes)
    (folder / MANIFEST).write_bytes(text)
    (folder / CHECKSUM).write_bytes(checksum(text))


def _arrays(folder: Path) -> dict[str, Any]:
    arrays: dict[str, Any] = msgspec.json.decode((folder / MANIFEST).read_bytes())["arrays"]
    return arrays


def test_a_bundle_comes_back_as_it_was(saved: Path) -> None:
    before, after = bundle_of("personal", "popular"), _load(saved)
    assert after.items.ids == before.items.ids
    assert list(after.parts) == ["personal", "popular"]
    assert isinstance(after.parts["popular"], Tiny)
    assert after.parts["popular"].config == before.parts["popular"].config
    assert (after.manifest.window, after.manifest.recipe, after.manifest.metrics) == (
        (1, 2), {"model": "tiny"}, {"recall@20": 0.25},
    )  # fmt: skip
    assert after.manifest.format == FORMAT


def test_a_role_of_an_older_version_has_its_current_name(tmp_path: Path) -> None:
    bundle.save(tmp_path / "000001", bundle_of("personal", "cut", "praise"))
    assert list(_load(tmp_path / "000001").parts) == ["personal", "candidate_pruner", "review_highlights"]


def test_saving_tells_the_manifest_as_written(tmp_path: Path) -> None:
    manifest = bundle.save(tmp_path / "000001", bundle_of())
    assert manifest == bundle.read_manifest(tmp_path / "000001")
    assert set(manifest.arrays) == {"items.bytes", "items.offsets", "personal.values"}


_DTYPES = st.one_of(
    arrays_of.floating_dtypes(),
    arrays_of.integer_dtypes(),
    arrays_of.boolean_dtypes(),
    arrays_of.unicode_string_dtypes(),
)


@given(array=arrays_of.arrays(_DTYPES, arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)))
def test_arrays_come_back_bit_for_bit(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    folder = tmp_path_factory.mktemp("models") / "1"
    bundle.save(folder, bundle_of(other=array))
    back = _load(folder).parts["personal"].arrays()["other"]
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize("array", [np.asfortranarray(np.arange(6).reshape(2, 3)), np.arange(9)[::2]])
def test_the_order_in_memory_does_not_matter(tmp_path: Path, array: np.ndarray) -> None:
    bundle.save(tmp_path / "1", bundle_of(other=array))
    np.testing.assert_array_equal(_load(tmp_path / "1").parts["personal"].arrays()["other"], array)


def test_arrays_are_mapped_and_cannot_be_written(saved: Path) -> None:
    values = _load(saved).parts["personal"].arrays()["values"]
    assert type(values) is np.ndarray
    assert isinstance(values.base, np.memmap)
    assert not values.flags.writeable


def test_a_bundle_is_never_written_over(saved: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        bundle.save(saved, bundle_of())
    assert list(_load(saved).parts) == ["personal", "popular"]


def test_the_role_of_the_vocabulary_cannot_be_taken(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="role 'items'"):
        bundle.save(tmp_path / "1", bundle_of("items"))
    assert list(tmp_path.iterdir()) == []


def test_python_objects_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"personal\.other holds Python objects"):
        bundle.save(tmp_path / "1", bundle_of(other=np.array([{}], object)))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(BundleError, match="check free space"):
            bundle.save(tmp_path / "1", bundle_of(other=np.zeros(10_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(BundleError, match=f"cannot write {tmp_path}/models/1"):
        bundle.save(tmp_path / "models" / "1", bundle_of())


def test_a_killed_save_leaves_no_bundle(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; import numpy as np\n"
        "from aisle.models import bundle; from tests.models.tiny import bundle_of\n"
        "def fsync(_): print('half way', flush=True); sys.stdin.read()\n"
        "os.fsync = fsync\n"
        "bundle.save(Path(sys.argv[1]), bundle_of(other=np.zeros(1000)))"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, str(tmp_path / "1")]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
        env=os.environ | {"PYTHONPATH": f"src{os.pathsep}."},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half way\n"
        process.send_signal(signal.SIGKILL)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".unfinished-")
    _age(left)
    bundle.save(tmp_path / "1", bundle_of())
    assert [one.name for one in tmp_path.iterdir()] == ["1"]


def _age(folder: Path) -> None:
    hours_ago = time.time() - 7200
    os.utime(folder, (hours_ago, hours_ago))


def test_a_save_that_is_going_on_elsewhere_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-another").mkdir()
    bundle.save(tmp_path / "1", bundle_of())
    assert sorted(one.name for one in tmp_path.iterdir()) == [".unfinished-another", "1"]


# --- Damage ---------------------------------------------------------------------------------------------------------


def _refused(folder: Path, words: str, **options: Any) -> None:
    with pytest.raises(BundleError, match=words) as caught:
        _load(folder, **options)
    assert caught.match(REMEDY)


def test_a_missing_bundle_is_refused(tmp_path: Path) -> None:
    _refused(tmp_path / "000009", "000009 has no readable manifest.json")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b'{"format": 3, "colour": 2}', b"\xff\xfe", b'"\xff"'])
def test_a_damaged_manifest_is_refused(saved: Path, text: bytes) -> None:
    (saved / MANIFEST).write_bytes(text)
    _refused(saved, "damaged manifest.json")


def test_a_manifest_that_says_something_else_is_refused(saved: Path) -> None:
    text = (saved / MANIFEST).read_bytes()
    (saved / MANIFEST).write_bytes(text.replace(b'"created": 1', b'"created": 2'))
    _refused(saved, r"damaged manifest\.json: its checksum differs")


@pytest.mark.parametrize("version", [0, FORMAT + 1, "2", None])
def test_another_format_is_refused(saved: Path, version: Any) -> None:
    _edit(saved, format=version)
    _refused(saved, f"has format {version!r}, this Aisle reads {UNSEALED} and {FORMAT}")


def test_a_bundle_of_the_format_before_is_read_without_a_checksum(saved: Path) -> None:
    _edit(saved, format=UNSEALED)
    (saved / CHECKSUM).unlink()
    _load(saved)


def test_a_bit_that_turns_the_format_into_the_one_before_is_found(saved: Path) -> None:
    text = (saved / MANIFEST).read_bytes()
    (saved / MANIFEST).write_bytes(text.replace(b'"format": 3', b'"format": 2'))
    _refused(saved, "its checksum differs")


def test_a_sealed_bundle_without_its_checksum_is_refused(saved: Path) -> None:
    (saved / CHECKSUM).unlink()
    _refused(saved, "no readable manifest.json")


def test_a_missing_array_file_is_refused(saved: Path) -> None:
    (saved / "personal.values.npy").unlink()
    _refused(saved, "personal.values.npy cannot be read")


def test_an_array_that_the_manifest_does_not_name_is_missed(saved: Path) -> None:
    arrays = _arrays(saved)
    del arrays["personal.values"]
    _edit(saved, arrays=arrays)
    _refused(saved, "cannot rebuild the model 'tiny'")


def test_a_vocabulary_that_is_missing_is_refused(saved: Path) -> None:
    arrays = _arrays(saved)
    del arrays["items.bytes"]
    _edit(saved, arrays=arrays)
    _refused(saved, "no usable list of items")


def test_a_cut_off_array_is_refused_even_unverified(saved: Path) -> None:
    file = saved / "personal.values.npy"
    file.write_bytes(file.read_bytes()[:-1])
    _refused(saved, r"personal\.values\.npy has \d+ bytes instead of", verify=False)


def test_a_flipped_bit_is_refused_when_verified(saved: Path) -> None:
    file = saved / "personal.values.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    _refused(saved, r"personal\.values\.npy has changed")
    _load(saved, verify=False)


@pytest.mark.parametrize("change", [{"shape": [4]}, {"dtype": "<i4"}])
def test_an_array_of_another_kind_is_refused(saved: Path, change: dict[str, Any]) -> None:
    arrays = _arrays(saved)
    arrays["personal.values"] |= change
    _edit(saved, arrays=arrays)
    _refused(saved, r"personal\.values\.npy is <f4\(3,\) instead of")


def _replace(saved: Path, content: np.ndarray | bytes) -> None:
    file = saved / "personal.values.npy"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.save(file, content, allow_pickle=True)
    arrays = _arrays(saved)
    arrays["personal.values"] |= {"size": file.stat().st_size}
    _edit(saved, arrays=arrays)


@pytest.mark.parametrize("bad", [b"',f4'", b"'<f4 "])
def test_a_header_that_is_no_python_is_refused(saved: Path, bad: bytes) -> None:
    content = (saved / "personal.values.npy").read_bytes()
    assert b"'<f4'" in content
    _replace(saved, content.replace(b"'<f4'", bad))
    _refused(saved, r"personal\.values\.npy cannot be read", verify=False)


@pytest.mark.parametrize("content", [np.array([{}], object), b"PK\x03\x04", b"", b"\x80\x04]\x94."])
def test_pickles_archives_and_nonsense_are_refused(saved: Path, content: np.ndarray | bytes) -> None:
    _replace(saved, content)
    _refused(saved, r"personal\.values\.npy cannot be read", verify=False)


@pytest.mark.parametrize(
    "name", ["../../secret", "/etc/passwd", "personal./../x", "personal", "personal.a.b", "personal.a\n"]
)
def test_names_that_lead_elsewhere_are_refused(saved: Path, name: str) -> None:
    arrays = _arrays(saved)
    _edit(saved, arrays=arrays | {name: arrays["personal.values"]})
    _refused(saved, "damaged manifest.json")


@pytest.mark.parametrize("change", [{"name": "tinier"}, {"config": {"colour": 1}}, {"config": {"factor": "x"}}])
def test_a_model_that_this_version_does_not_know_is_refused(saved: Path, change: dict[str, Any]) -> None:
    described = {"name": "tiny", "config": {}} | change
    _edit(saved, parts={"personal": described})
    _refused(saved, "cannot rebuild the model 'tini?")
