"""Every published and every likely layout is read; what is wrong with a data set is one line that names it."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skinedge.contract import MISSING, ImageSpec
from skinedge.datasets.pad_ufes_20 import DataSet, Record, answer_matrix, label_indices, patient_ids, read_pad_ufes_20
from skinedge.datasets.synthetic import CSV_COLUMNS, write_synthetic
from skinedge.errors import DataError
from skinedge.preprocess.photo import load_photo
from skinedge.questionnaire import ALWAYS_ASKED, COLUMNS, LABELS, fields_named

PHOTOS = 30
Row = dict[str, str]


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("synthetic"), photos=PHOTOS, seed=5, side_px=104)


@pytest.fixture
def folder(synthetic: Path, tmp_path: Path) -> Path:
    return shutil.copytree(synthetic, tmp_path / "data")


def rows_of(folder: Path) -> list[Row]:
    with (folder / "metadata.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(folder: Path, rows: list[Row], columns: tuple[str, ...] = CSV_COLUMNS) -> None:
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def change(folder: Path, row: int, **values: str) -> None:
    rows = rows_of(folder)
    rows[row].update(values)
    write(folder, rows)


def three_parts(folder: Path) -> list[list[Path]]:
    photos = sorted((folder / "images").iterdir())
    return [photos[part::3] for part in range(3)]


def zip_photos(folder: Path) -> None:
    for number, photos in enumerate(three_parts(folder), start=1):
        with zipfile.ZipFile(folder / "images" / f"imgs_part_{number}.zip", "w") as archive:
            for photo in photos:
                archive.write(photo, f"imgs_part_{number}/{photo.name}")
                # What macOS adds to every zip file is no photo.
                archive.writestr(f"__MACOSX/imgs_part_{number}/._{photo.name}", b"\0")
                photo.unlink()


def unpack_photos(folder: Path) -> None:
    for number, photos in enumerate(three_parts(folder), start=1):
        part = folder / "images" / f"imgs_part_{number}"
        part.mkdir()
        for photo in photos:
            photo.rename(part / photo.name)


def zip_some_and_unpack_the_rest(folder: Path) -> None:
    zip_photos(folder)
    with zipfile.ZipFile(folder / "images" / "imgs_part_2.zip") as archive:
        archive.extractall(folder / "images")
    (folder / "images" / "imgs_part_2.zip").unlink()
    shutil.rmtree(folder / "images" / "__MACOSX")


LAYOUTS: dict[str, Callable[[Path], None]] = {
    "flat": lambda folder: None,
    "zips": zip_photos,
    "folders": unpack_photos,
    "both": zip_some_and_unpack_the_rest,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_photos(layout: str, folder: Path, synthetic: Path) -> None:
    LAYOUTS[layout](folder)
    data, plain = read_pad_ufes_20(folder), read_pad_ufes_20(synthetic)
    assert data.report == plain.report
    assert (data.report.rows, data.report.photos) == (PHOTOS, PHOTOS)
    assert (data.report.rows_without_photo, data.report.photos_without_row) == (0, 0)
    assert [record.image_id for record in data.records] == [record.image_id for record in plain.records]
    assert data.sha256() == plain.sha256()
    spec = ImageSpec(side_px=32)
    for record, same in zip(data.records[:6], plain.records[:6], strict=True):
        assert record.photo is not None and same.photo is not None
        assert (load_photo(record.photo, spec) == load_photo(same.photo, spec)).all()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".JPG", ".PNG"])
def test_the_suffix_of_img_id_does_not_matter(suffix: str, folder: Path) -> None:
    for photo in sorted((folder / "images").iterdir()):
        photo.rename(photo.with_suffix(suffix))
    assert {Path(row["img_id"]).suffix for row in rows_of(folder)} == {".png"}
    data = read_pad_ufes_20(folder)
    assert len(data.with_photos()) == PHOTOS
    for record in data.records:
        assert record.photo is not None and record.photo.path == folder / "images" / f"{record.image_id}{suffix}"


def test_missing_and_left_over_photos_are_counted(folder: Path) -> None:
    photos = sorted((folder / "images").iterdir())
    photos[0].unlink()
    photos[1].rename(folder / "images" / "PAT_0_0_0.jpg")
    (folder / "images" / "notes.txt").write_text("not a photo")
    data = read_pad_ufes_20(folder)
    assert (data.report.rows, data.report.photos) == (PHOTOS, PHOTOS - 1)
    assert (data.report.rows_without_photo, data.report.photos_without_row) == (2, 1)
    assert len(data.with_photos()) == PHOTOS - 2
    assert data.report.lines()[0] == "30 rows, 29 photos, 2 rows without a photo, 1 photos without a row"


def test_the_fingerprint_changes_with_rows_and_photos(folder: Path) -> None:
    before = read_pad_ufes_20(folder).sha256()
    sorted((folder / "images").iterdir())[0].unlink()
    without = read_pad_ufes_20(folder).sha256()
    change(folder, 0, age="33")
    assert len({before, without, read_pad_ufes_20(folder).sha256()}) == 3


def test_a_data_set_without_photos_can_be_read_but_not_used(folder: Path) -> None:
    for photo in (folder / "images").iterdir():
        photo.unlink()
    data = read_pad_ufes_20(folder)
    assert len(data.records) == PHOTOS
    with pytest.raises(DataError, match=r"no photo in .*images belongs to a row"):
        data.with_photos()


def test_empty_unknown_respelled_and_out_of_range_are_told_apart(folder: Path) -> None:
    plain = dict.fromkeys(COLUMNS, "") | {
        "age": "50", "region": "ARM", "itch": "True", "grew": "False", "hurt": "False", "changed": "True",
        "bleed": "False", "elevation": "True", "gender": "FEMALE", "fitspatrick": "2.0", "diameter_1": "6.0",
        "diameter_2": "5.0", "smoke": "False",
    }  # fmt: skip
    special: list[Row] = [
        {},
        {"grew": "UNK", "changed": "unknown", "background_father": "UNK"},
        {"background_father": "BRASIL", "background_mother": "BRAZIL"},
        {"background_father": "BRAZIL", "background_mother": "BRASIL"},
        {"age": "400", "diameter_1": "0.0", "diameter_2": "0"},
        {"age": "-1", "fitspatrick": "9.0", "smoke": ""},
    ]
    rows = rows_of(folder)[: len(special)]
    write(folder, [row | plain | values for row, values in zip(rows, special, strict=True)])
    data = read_pad_ufes_20(folder)
    report, answers = data.report, [record.answers for record in data.records]
    never = ("drink", "pesticide", "skin_cancer_history", "cancer_history", "has_piped_water", "has_sewage_system")
    assert report.empty == dict.fromkeys(never, 6) | {"background_father": 3, "background_mother": 4, "smoke": 1}
    assert report.marked_unknown == {"grew": 1, "changed": 1, "background_father": 1}
    assert report.respelled == {"background_father": 1, "background_mother": 1}
    assert report.out_of_range == {"age_years": 2, "diameter_1_mm": 1, "diameter_2_mm": 1, "fitzpatrick_type": 1}
    assert answers[0]["itch"] == "true" and answers[0]["drink"] is None and answers[0]["region"] == "arm"
    assert answers[1]["grew"] is answers[1]["changed"] is answers[1]["background_father"] is None
    for both in answers[2:4]:
        assert both["background_father"] == both["background_mother"] == "brazil"
    assert answers[4]["age_years"] is answers[4]["diameter_1_mm"] is answers[4]["diameter_2_mm"] is None
    assert answers[5]["age_years"] is answers[5]["fitzpatrick_type"] is None
    lines = report.lines()
    assert "marked UNK: background_father 1, changed 1, grew 1" in lines
    assert "out of range, treated as unanswered: age_years 2, diameter_1_mm 1, diameter_2_mm 1, fitzpatrick_type 1" in lines


def test_matrices_follow_the_rows(folder: Path) -> None:
    change(folder, 0, age="71", region="NOSE", itch="True", grew="UNK", diagnostic="MEL", patient_id="PAT_7")
    records = read_pad_ufes_20(folder).records
    answers = answer_matrix(records, fields_named(("grew", "age_years", "itch", "region")))
    nose = COLUMNS["region"].choices.index("nose")
    assert answers.dtype == np.float32 and answers.shape == (PHOTOS, 4)
    assert answers[0].tolist() == [MISSING, 71, 1, nose]
    assert label_indices(records)[0] == LABELS.index("MEL")
    assert patient_ids(records)[0] == "PAT_7"
    assert records[0].biopsied == (rows_of(folder)[0]["biopsed"] == "True")


def cut_short(folder: Path) -> None:
    path = folder / "metadata.csv"
    lines = path.read_text().splitlines()
    lines[3] = lines[3].rsplit(",", 2)[0]
    path.write_text("\n".join(lines) + "\n")


def too_long(folder: Path) -> None:
    path = folder / "metadata.csv"
    lines = path.read_text().splitlines()
    lines[3] += ",one more"
    path.write_text("\n".join(lines) + "\n")


def repeat(folder: Path) -> None:
    rows = rows_of(folder)
    write(folder, [*rows, rows[2]])


def repeat_with_another_suffix(folder: Path) -> None:
    rows = rows_of(folder)
    write(folder, [*rows, rows[2] | {"img_id": rows[2]["img_id"].replace(".png", ".jpg")}])


def small_patient(folder: Path) -> None:
    rows = rows_of(folder)
    write(folder, [*rows, rows[2] | {"img_id": "other.png", "patient_id": rows[2]["patient_id"].lower()}])


def without(column: str) -> Callable[[Path], None]:
    return lambda folder: write(folder, rows_of(folder), tuple(c for c in CSV_COLUMNS if c != column))


def set_metadata(content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "metadata.csv").write_bytes(content)


def encrypted_zip(folder: Path) -> None:
    """Zip files that say of their members what an encrypted one says: Python writes none itself."""
    zip_photos(folder)
    path = folder / "images" / "imgs_part_1.zip"
    data = bytearray(path.read_bytes())
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        data[place + 8] |= 1
        place = data.find(b"PK\x01\x02", place + 1)
    path.write_bytes(data)


def broken_zip(folder: Path) -> None:
    (folder / "images" / "imgs_part_2.zip").write_bytes(b"PK\3\4 and no more")


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "unknown region": (lambda f: change(f, 1, region="MOON"), r"line 3: region: got 'MOON', expected one of abdomen, "),
    "unknown diagnostic": (
        lambda f: change(f, 1, diagnostic="XYZ"),
        r"line 3: diagnostic 'XYZ', expected one of ACK, ",
    ),
    "empty diagnostic": (lambda f: change(f, 1, diagnostic=""), r"line 3: diagnostic '', expected one of ACK, "),
    "not yes or no": (lambda f: change(f, 0, itch="perhaps"), r"line 2: itch: got 'perhaps', expected yes, no"),
    "age in words": (
        lambda f: change(f, 0, age="old"),
        r"line 2: age_years: got 'old', expected a number from 0 to 120",
    ),
    "missing column": (without("itch"), "lacks the column itch: expected the 26 columns"),
    "missing patient": (without("patient_id"), "lacks the column patient_id"),
    "biopsy not said": (lambda f: change(f, 1, biopsed=""), r"line 3: biopsed '', expected yes or no"),
    "biopsy in words": (lambda f: change(f, 1, biopsed="perhaps"), r"line 3: biopsed 'perhaps', expected yes or no"),
    "no photo named": (lambda f: change(f, 1, img_id=" "), r"line 3: no img_id"),
    "pandas' nobody": (lambda f: change(f, 2, patient_id="nan"), r"line 4: no patient_id"),
    "a number of Excel": (lambda f: change(f, 2, patient_id="1.2E+09"), r"line 4: patient_id '1.2E\+09' is not as it was"),
    "one patient in two cases": (small_patient, r"line 32: patient_id pat_\w+, and PAT_\w+ above: spell them alike"),
    "nobody's row": (lambda f: change(f, 2, patient_id=" "), r"line 4: no patient_id: expected one in every row"),
    "encrypted zip": (encrypted_zip, r"imgs_part_1\.zip is encrypted: unpack it into a folder beside it"),
    "missing metadata": (lambda f: (f / "metadata.csv").unlink(), r"no metadata\.csv in .*data: expected a PAD-UFES"),
    "missing photo folder": (lambda f: shutil.rmtree(f / "images"), r"no folder .*images: expected the photos there"),
    "missing data set": (shutil.rmtree, "no folder|no metadata"),
    "repeated img_id": (repeat, r"line 32: img_id PAT_\w+ occurs twice; remove one row"),
    "repeated stem": (repeat_with_another_suffix, r"line 32: img_id PAT_\w+ occurs twice"),
    "short row": (cut_short, r"metadata\.csv line 4 is cut short"),
    "long row": (too_long, r"metadata\.csv line 4 is cut short or too long"),
    "no rows": (lambda f: write(f, []), "has no rows"),
    "empty": (set_metadata(b""), "is empty: expected a table"),
    "prose": (set_metadata(b"Dear doctor,\n\nplease find\n"), "line 3 is cut short"),
    "a picture": (set_metadata(b"\x89PNG\r\n\x1a\n\xff\xd8"), r"metadata\.csv is not a CSV text file"),
    "broken zip": (broken_zip, r"imgs_part_2\.zip is not a whole zip file: download it again"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_data_set_is_one_line_that_names_what_is_wrong(case: str, folder: Path) -> None:
    spoil, says = BAD[case]
    spoil(folder)
    with pytest.raises(DataError, match=says) as error:
        read_pad_ufes_20(folder)
    assert "\n" not in str(error.value)


def rewrite(folder: Path, change: Callable[[int, Row], Row]) -> None:
    write(folder, [change(number, row) for number, row in enumerate(rows_of(folder))])


def columns(record: Record) -> tuple[object, ...]:
    return record.image_id, record.patient_id, record.lesion_id, record.label, record.biopsied, record.photo is not None


SPELLINGS: dict[str, Callable[[int, Row], Row]] = {
    "Excel's TRUE": lambda _, row: {name: value.upper() if value == "True" else value for name, value in row.items()},
    "Excel's VERDADEIRO": lambda _, row: row | {"biopsed": {"True": "VERDADEIRO", "False": "FALSO"}[row["biopsed"]]},
    "1 and 0": lambda _, row: row | {"biopsed": str(int(row["biopsed"] == "True"))},
    "blanks behind": lambda number, row: {name: value + " " * (number % 2) for name, value in row.items()},
    "no blank that can be seen": lambda number, row: row | {"patient_id": row["patient_id"] + "\u200b" * (number % 2)},
    "pandas": lambda number, row: row | {"lesion_id": row["lesion_id"] + ".0" * (number % 2)},
    "small labels": lambda _, row: row | {"diagnostic": row["diagnostic"].lower(), "region": row["region"].lower()},
    "Windows folders": lambda _, row: row | {"img_id": "imgs_part_1\\" + row["img_id"]},
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_other_spellings_are_the_same_data(spelling: str, folder: Path, synthetic: Path) -> None:
    rewrite(folder, SPELLINGS[spelling])
    read, plain = read_pad_ufes_20(folder), read_pad_ufes_20(synthetic)
    assert [columns(record) for record in read] == [columns(record) for record in plain]
    fields = fields_named(ALWAYS_ASKED)
    assert (answer_matrix(read.records, fields) == answer_matrix(plain.records, fields)).all()


def test_a_table_saved_in_brazil_is_the_same_data(folder: Path, synthetic: Path) -> None:
    rows = [
        [
            value.replace(".", ",") if name in ("diameter_1", "diameter_2", "fitspatrick") else value
            for name, value in row.items()
        ]
        for row in rows_of(folder)
    ]
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-16") as file:
        csv.writer(file, delimiter=";").writerows([CSV_COLUMNS, *rows, [""] * len(CSV_COLUMNS)])
    fields = tuple(COLUMNS.values())
    read, plain = read_pad_ufes_20(folder), read_pad_ufes_20(synthetic)
    assert (answer_matrix(read.records, fields) == answer_matrix(plain.records, fields)).all()


def test_what_is_written_for_nothing_is_no_answer(folder: Path) -> None:
    rewrite(folder, lambda _, row: row | {"age": "NaN", "itch": "nan", "gender": "NA", "grew": "unk"})
    report = read_pad_ufes_20(folder).report
    assert [report.empty[name] for name in ("age_years", "itch", "gender")] == [PHOTOS] * 3
    assert report.marked_unknown["grew"] == PHOTOS and not report.out_of_range["age_years"]


def test_accents_in_names_of_photos_may_be_apart(folder: Path) -> None:
    """As they are on disks of old Macs, and in zip files that they made."""
    photo = sorted((folder / "images").iterdir())[0]
    row = next(number for number, row in enumerate(rows_of(folder)) if Path(row["img_id"]).stem == photo.stem)
    change(folder, row, img_id="Jos\u00e9.png")
    photo.rename(photo.with_name("Jose\u0301.jpg"))
    assert len(read_pad_ufes_20(folder).with_photos()) == PHOTOS


def test_the_same_photo_twice_is_one_and_two_of_a_name_are_refused(folder: Path) -> None:
    first, second = sorted((folder / "images").iterdir())[:2]
    (folder / "images" / "more").mkdir()
    shutil.copy(first, folder / "images" / "more" / first.name)
    assert read_pad_ufes_20(folder).report.photos == PHOTOS
    shutil.copy(second, folder / "images" / "more" / f"{first.stem}.png")
    with pytest.raises(DataError, match=rf"{first.stem}\.\w+ and .*{first.stem}\.\w+ are two photos of one name"):
        read_pad_ufes_20(folder)


def test_linked_folders_are_read_and_what_a_mac_leaves_is_not(folder: Path, tmp_path: Path) -> None:
    (folder / "images").rename(tmp_path / "elsewhere")
    (folder / "images" / "__MACOSX").mkdir(parents=True)
    (folder / "images" / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere" / "back").symlink_to(folder / "images", target_is_directory=True)
    photo = sorted((tmp_path / "elsewhere").glob("*.jpg"))[0]
    for name in ("__MACOSX/" + photo.name, "._" + photo.name, ".DS_Store", "Thumbs.db", "notes.txt"):
        (folder / "images" / name).write_bytes(b"\0\5")
    data = read_pad_ufes_20(folder)
    assert len(data.with_photos()) == PHOTOS and data.report.photos_without_row == 0
    assert "1 files in images are no photos" in data.report.lines()[1]


@pytest.fixture(scope="module")
def real(real_data: Path) -> DataSet:
    return read_pad_ufes_20(real_data)


def test_the_real_data_have_the_published_counts(real: DataSet) -> None:
    report = real.report
    assert (report.rows, report.photos) == (1_933, 1_024)
    assert (report.rows_without_photo, report.photos_without_row) == (909, 0)
    photos = label_indices(real.with_photos())
    assert dict(zip(LABELS, np.bincount(photos).tolist(), strict=True)) == {
        "ACK": 268, "BCC": 335, "MEL": 40, "NEV": 178, "SCC": 65, "SEK": 138
    }  # fmt: skip
    together = {field.name for field in COLUMNS.values()} - set(ALWAYS_ASKED) - {"background_father", "background_mother"}
    assert {report.empty[name] for name in together} == {677}
    assert not set(report.empty) & set(ALWAYS_ASKED)
    assert report.respelled == {"background_father": 3}
    assert report.out_of_range == {"diameter_1_mm": 3, "diameter_2_mm": 3}
