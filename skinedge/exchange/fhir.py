"""Visits as one FHIR R4 Bundle of the type `collection`, for systems of health records.

A visit becomes Patient, Media, QuestionnaireResponse and RiskAssessment; each model a Device and a Questionnaire. What a
person decided otherwise is a RiskAssessment of that person, what was found later an Observation. A visit that is malignant
and not referred has a Flag. Nothing is a Condition or a DiagnosticReport: the program gives advice, and no diagnosis.
Resources refer to each other by `urn:uuid:`, and the same visit has the same uuids whenever it is exported.

Source: https://hl7.org/fhir/R4 (4.0.1).
"""

# No library writes these: fhir.resources 8 (BSD) has R5, R4B and STU3, no R4, and would cost a health post 27 MB and 0.1 s.
# In tests the R4 models of fhirclient read each bundle, and HAPI's validator does where it is at hand.

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from html import escape
from typing import Any

from skinedge.contract import Contract
from skinedge.exchange.fhir_questions import SYSTEM, answer_items, body_site, question_items, questions_asked
from skinedge.preprocess.file_formats import media_type
from skinedge.records.state import present_state
from skinedge.records.visit import Outcome, Override, Record, normal_pseudonym

Resource = dict[str, Any]
Photo = Callable[[str], bytes | None]
"""Returns the photo of a visit by its id."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:skinedge:fhir")
_NOTE = "Advice of a screening program, not a diagnosis."


def fhir_bundle(
    records: Iterable[Record], contract: Contract, *, written_at: datetime, photo: Photo | None = None
) -> Resource:
    """The bundle as plain JSON data.

    Args:
        contract: of the model in use: words and answers of its questions.
        written_at: with its time zone.
        photo: where photos are to be inside; without it there are only their names by SHA-256.
    """
    resources: dict[str, Resource] = {}
    for record in records:
        resources |= _of_record(record, contract, photo)
    bundle: Resource = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": written_at.isoformat(timespec="seconds"),
    }
    if resources:  # R4 takes no empty lists.
        bundle["entry"] = [{"fullUrl": url, "resource": resource} for url, resource in resources.items()]
    return bundle


def _of_record(record: Record, contract: Contract, photo: Photo | None) -> dict[str, Resource]:
    visit, result = record.visit, record.visit.result
    # One name by another post is another person.
    patient = _url("Patient", visit.site, normal_pseudonym(visit.patient))
    model = _url("Device", result.model_name, result.model_sha256)
    media, response, advice = (_url(kind, visit.visit_id) for kind in ("Media", "QuestionnaireResponse", "RiskAssessment"))
    asked = questions_asked((*visit.answers, *result.imputed), contract)
    questions = question_items(asked)
    form = _url("Questionnaire", result.model_name, json.dumps(questions))
    canonical = f"{SYSTEM}questionnaire:{form.removeprefix('urn:uuid:')}"
    subject = {"subject": {"reference": patient}}
    where = body_site(visit.answers)
    at = visit.created_at.isoformat()
    return {
        patient: _patient(record),
        model: _device(record),
        form: {
            "resourceType": "Questionnaire",
            "text": _text(f"Questions of {result.model_name}"),
            "url": canonical,
            "title": f"Questions of {result.model_name}",
            "status": "active",
            "subjectType": ["Patient"],
            "item": questions,
        },
        media: {**_media(record, photo), **subject, **where, "createdDateTime": at},
        response: {
            "resourceType": "QuestionnaireResponse",
            "text": _text(f"Answers of visit {visit.visit_id}"),
            "identifier": _identifier("visit", visit.visit_id),
            "questionnaire": canonical,
            "status": "completed",
            **subject,
            "authored": at,
            "item": answer_items(asked, visit.answers),
        },
        advice: {
            **_risk_assessment(record),
            **subject,
            "occurrenceDateTime": at,
            "performer": {"reference": model},
            "basis": [{"reference": response}, {"reference": media}],
        },
        **{
            _url("RiskAssessment", visit.visit_id, str(place)): {
                **_decision(override),
                **subject,
                "basis": [{"reference": advice}],
            }
            for place, override in enumerate(record.overrides, 1)
        },
        **{
            _url("Observation", visit.visit_id, str(place)): {
                **_finding(outcome),
                **subject,
                **where,
                "focus": [{"reference": media}],
            }
            for place, outcome in enumerate(record.outcomes, 1)
        },
        **({_url("Flag", visit.visit_id): {**_flag(visit.visit_id), **subject}} if present_state(record).is_alert else {}),
    }


def _patient(record: Record) -> Resource:
    visit = record.visit
    named = _identifier("patient", visit.patient)
    if visit.site:
        named["assigner"] = {"display": visit.site}
    return {"resourceType": "Patient", "text": _text("A person known by a pseudonym only"), "identifier": [named]}


def _device(record: Record) -> Resource:
    result = record.visit.result
    return {
        "resourceType": "Device",
        "text": _text(f"Model {result.model_name}. {result.notice}"),
        "identifier": [_identifier("model-sha256", result.model_sha256)],
        "status": "active",
        "deviceName": [{"name": result.model_name, "type": "model-name"}],
        "type": {"text": "Program that looks at a photo of a spot on the skin"},
        "version": [{"value": result.model_sha256}],
        "note": [{"text": result.notice}],
    }


def _media(record: Record, photo: Photo | None) -> Resource:
    visit = record.visit
    title = f"Photo of visit {visit.visit_id}"
    named = base64.urlsafe_b64encode(bytes.fromhex(visit.result.photo_sha256)).decode().rstrip("=")
    # The name of the photo by its hash, as RFC 6920 writes it: it says which photo, not where.
    content: Resource = {"title": title, "url": f"ni:///sha-256;{named}"}
    data = photo(visit.visit_id) if photo is not None and record.has_photo else None
    if data is not None:
        content |= {
            "contentType": media_type(data),
            "data": base64.b64encode(data).decode(),
            "size": len(data),
            # R4 wants SHA-1 here; it guards against a damaged copy, not against forgery.
            "hash": base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode(),
        }
    return {
        "resourceType": "Media",
        "text": _text(title if data else f"{title}, kept at the health post" if record.has_photo else f"{title}, not kept"),
        "identifier": [_identifier("photo-sha256", visit.result.photo_sha256)],
        "status": "completed",
        "type": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/media-type", "code": "image", "display": "Image"}]
        },
        "content": content,
    }


def _risk_assessment(record: Record) -> Resource:
    result = record.visit.result
    scored = result.malignancy_score is not None
    assessment: Resource = {
        "resourceType": "RiskAssessment",
        "text": _text(f"Advice of the program: {result.decision}. {_NOTE}"),
        # Where the photo gave no score, nothing was assessed.
        "status": "final" if scored else "cancelled",
        "code": {"text": "Screening of a spot on the skin"},
        "method": {"text": f"{result.model_name}, {result.model_sha256}: score of a photo and answers, with a threshold"},
        "mitigation": f"Advice: {result.decision}",
        "note": [{"text": _NOTE}, {"text": result.notice}],
    }
    if scored:
        prediction = {
            "outcome": {"text": "The model's score that a doctor should look at the spot"},
            "probabilityDecimal": result.malignancy_score,
            "rationale": f"Refer from {result.refer_threshold:g} on",
        }
        assessment["prediction"] = [prediction]
    if result.imputed:
        assessment["note"].append({"text": f"Not answered, so filled in by the program: {', '.join(result.imputed)}"})
    return assessment


def _decision(override: Override) -> Resource:
    return {
        "resourceType": "RiskAssessment",
        "text": _text(f"Decision of a person: {override.decision}"),
        "status": "final",
        "code": {"text": "Decision of a person after the screening"},
        "occurrenceDateTime": override.at.isoformat(),
        "performer": {"display": override.by},
        "mitigation": f"Decision: {override.decision}",
        "note": [{"text": override.reason}],
    }


def _finding(outcome: Outcome) -> Resource:
    finding: Resource = {
        "resourceType": "Observation",
        "text": _text("What was found later"),
        "status": "final",
        "code": {"text": "What was found later, as it was told to the health post"},
        "effectiveDateTime": outcome.on.isoformat(),
        "issued": outcome.at.isoformat(),
        "performer": [{"display": outcome.by}],
        "valueString": outcome.label,
    }
    if outcome.malignant is not None:
        finding["component"] = [{"code": {"text": "Malignant"}, "valueBoolean": outcome.malignant}]
    return finding


def _flag(visit_id: str) -> Resource:
    return {
        "resourceType": "Flag",
        "text": _text("Malignant and not referred"),
        "identifier": [_identifier("visit", visit_id)],
        "status": "active",
        "code": {"text": "Something malignant was found later, and the person was not referred"},
    }


def _identifier(kind: str, value: str) -> Resource:
    return {"system": SYSTEM + kind, "value": value}


def _text(sentence: str) -> Resource:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(sentence)}</div>'}


def _url(kind: str, *names: str) -> str:
    # JSON keeps "a", "bc" and "ab", "c" apart.
    return uuid.uuid5(_NAMESPACE, json.dumps([kind, *names])).urn
