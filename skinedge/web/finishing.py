"""The slow steps of a visit, in worker threads: decoding, screening and saving its photo."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from PIL import Image

from skinedge.preprocess.photo import PhotoBytes, load_photo
from skinedge.records.visit import KEEP_PHOTO, Consent, Visit, new_visit_id
from skinedge.screening.photo_check import check_photo
from skinedge.screening.screener import ScreeningResult
from skinedge.web.drafts import Draft
from skinedge.web.station import Station

SCREENING, KEEP_ANSWERS = "screening", "keep answers"
"""The names of what a patient agreed to, as records have them, besides `KEEP_PHOTO`."""

_PREVIEW_QUALITY = 88


def keep_photo(station: Station, draft_id: str, photo: bytes) -> None:
    """Puts a photo into a draft, with what there is to say of it.

    Raises: PhotoError where it cannot be used; UnknownDraftError where the draft has ended; StoreError.
    """
    with station.screening:
        pixels = load_photo(PhotoBytes(photo), station.screener.contract.image)
        preview = io.BytesIO()
        Image.fromarray(pixels).save(preview, "JPEG", quality=_PREVIEW_QUALITY)
        check = check_photo(pixels)
    station.drafts.keep_photo(draft_id, photo, preview.getvalue(), check)


def finish(station: Station, draft_id: str, language: str) -> None:
    """Screens the photo of a draft and keeps what the patient agreed to. A draft that is finished already stays as it is.

    Raises: StoreError where it cannot be kept; the draft is then still open.
    """
    # A form that is sent twice waits here for its twin, and then finds the visit finished.
    with station.drafts.finishing:
        while (draft := station.drafts.find(draft_id)) and draft.is_open and draft.photo_is_taken:
            photo = station.drafts.photo(draft_id)
            with station.screening:
                result = station.screener.screen(PhotoBytes(photo), draft.answers, insist=draft.insisted)
            with station.drafts.unchanged(draft, photo) as unchanged:
                if not unchanged:  # Another page of this visit was sent meanwhile: what it says counts.
                    continue
                if draft.agreement == "nothing":
                    station.drafts.show(draft, result)
                    return
                visit = _visit(station, draft, result, language)
                station.locker.store.add_visit(visit, photo if draft.agreement == "photo" else None, draft_id=draft_id)


def _visit(station: Station, draft: Draft, result: ScreeningResult, language: str) -> Visit:
    now = datetime.now(UTC)
    agreed_to = (SCREENING, KEEP_ANSWERS, KEEP_PHOTO) if draft.agreement == "photo" else (SCREENING, KEEP_ANSWERS)
    return Visit(
        visit_id=new_visit_id(),
        patient=draft.patient,
        created_at=now,
        language=language,
        consent=Consent(agreed_to=agreed_to, at=draft.agreed_at or now),
        answers={field.name: draft.answers.get(field.name) for field in station.screener.contract.fields},
        result=result,
        site=station.site,
    )
