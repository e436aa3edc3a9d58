"""Advice to `decisions.json`: sorted, without clocks, durations or paths, so that two runs can be compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from realtime_advisor.model import (
    Advice,
    Answered,
    Churn,
    Decision,
    Design,
    Emission,
    Entitlement,
    Finding,
    Flip,
    Hop,
    Place,
    Proof,
    ProofStatus,
    Scope,
    ScopeRates,
    TableName,
)

FORMAT = 1
_UNPROVED = "No script of it was run in the sandbox."


def describe(advice: Advice, files: Mapping[TableName, Sequence[str]], place: Place | None = None) -> dict[str, Any]:
    """The whole run as JSON values; `files` are the names of the files written for each table.

    Only with a `place` is the database named.
    """
    server = advice.server
    return {
        "format": FORMAT,
        "target": {
            "server_version": server.version,
            "is_supabase": server.is_supabase,
            "has_realtime": server.has_realtime,
            "in_recovery": server.in_recovery,
            "track_counts": server.track_counts,
            "wal_level": server.wal_level,
            **({"database": place.database, "host": place.host} if place else {}),
        },
        "window": {
            "seconds": _number(advice.churn.seconds),
            "source": advice.window,
            "notes": list(advice.churn.notes),
        },
        "migration": {"proved": advice.whole.holds, "reason": advice.whole.reason} if advice.whole else None,
        "tables": [
            _table(decision, advice.designs[name], advice.proofs.get(name), advice.churn.get(name), files.get(name, ()))
            for name, decision in advice.decisions.items()
        ],
    }


def _table(
    decision: Decision, design: Design, proof: Proof | None, churn: Churn | None, files: Sequence[str]
) -> dict[str, Any]:
    return {
        "schema": decision.table.schema,
        "table": decision.table.name,
        "option": decision.option.value,
        "runner_up": decision.runner_up.value if decision.runner_up else None,
        "confidence": decision.confidence,
        "reasons": list(decision.reasons),
        "questions": list(decision.questions),
        "scope": describe_scope(decision.scope) if decision.scope else None,
        "design": _design(design, decision),
        "published": design.today.published if design.today else None,
        "proof": _proof(proof),
        "churn": _churn(churn, decision.findings),
        "rates": _rates(decision.rates) if decision.rates else None,
        "findings": [describe_finding(finding) for finding in decision.findings],
        "flips": [_flip(flip) for flip in decision.flips],
        "override": decision.override,
        "answers": [_answer(answer) for answer in decision.answers],
        "files": sorted(files),
    }


def _proof(proof: Proof | None) -> dict[str, Any]:
    if proof is None:
        return {"status": ProofStatus.NOT_PROVED.value, "reason": _UNPROVED, "server_version": None}
    return {"status": proof.status.value, "reason": proof.reason, "server_version": proof.server_version}


def describe_scope(scope: Scope) -> dict[str, Any]:
    """A scope as JSON values."""
    return {
        "kind": scope.kind.value,
        "columns": list(scope.columns),
        "path": [_hop(hop) for hop in scope.path],
        "key_type": scope.key_type,
        "source": scope.source.value,
        "reason": scope.reason,
        "refusal": scope.refusal,
        "entitlement": _entitlement(scope.entitlement) if scope.entitlement else None,
    }


def _entitlement(entitlement: Entitlement) -> dict[str, Any]:
    return {
        "kind": entitlement.kind,
        "membership": str(entitlement.membership) if entitlement.membership else None,
        "scope_columns": list(entitlement.scope_columns),
        "user_column": entitlement.user_column,
        "conditions": [
            {"column": each.column, "test": each.test, "values": list(each.values)} for each in entitlement.conditions
        ],
        "hides_rows": entitlement.hides_rows,
        "source": entitlement.source.value,
        **({"login": {**_hop(entitlement.login), "column": entitlement.login_column}} if entitlement.login else {}),
    }


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        "table": str(hop.table),
        "columns": list(hop.columns),
        "references": str(hop.references),
        "referenced_columns": list(hop.referenced_columns),
    }


def _design(design: Design, decision: Decision) -> dict[str, Any] | None:
    """None where nothing is sent or subscribed to; a refusal says why there is no SQL."""
    if not design.emissions and not design.changes_filter and not design.refusal and not design.presence:
        return None
    return {
        "emissions": [_emission(emission) for emission in design.emissions],
        "granularity": design.granularity,
        "clients_send": design.clients_send,
        "changes": {"filter": design.changes_filter, "events": list(design.changes_events)}
        if design.changes_filter
        else None,
        "presence": {"topic": design.presence.topic} if design.presence else None,
        "reasons": [reason for reason in design.reasons if reason not in decision.reasons],
        "gaps": list(design.gaps),
        "notes": list(design.notes),
        "refusal": design.refusal,
    }


def _emission(emission: Emission) -> dict[str, Any]:
    return {
        "topic": emission.topic,
        "event": emission.event,
        "operations": list(emission.operations),
        "watched": list(emission.watched),
        "feed": emission.feed,
        "columns": list(emission.columns),
    }


def _churn(churn: Churn | None, findings: Sequence[Finding]) -> dict[str, Any] | None:
    if churn is None:
        return None
    hottest = next((f.evidence for f in findings if f.evidence.unit == "events/minute"), None)
    return {
        "inserts_per_minute": _number(churn.inserts_per_minute),
        "updates_per_minute": _number(churn.updates_per_minute),
        "deletes_per_minute": _number(churn.deletes_per_minute),
        "peak_per_minute": _number(churn.peak_per_minute),
        "update_share": _number(churn.update_share),
        "hottest_scope_per_minute": hottest.value if hottest else None,
        "source": "measured" if churn.basis == "window" else churn.basis,
        "note": churn.note,
    }


def _rates(rates: ScopeRates) -> dict[str, Any]:
    """What a subscriber hears a minute: of the whole table without a filter, of one scope with it."""
    return {
        "table_per_minute": _value(rates.table_per_minute.value),
        "average_scope_per_minute": _value(rates.average_per_minute.value),
        "hottest_scope_per_minute": _value(rates.hottest_per_minute.value),
        "source": rates.hottest_per_minute.source.value,
        "detail": rates.hottest_per_minute.detail,
        "filter": rates.filter,
        "why_no_filter": rates.why_no_filter,
    }


def describe_finding(finding: Finding) -> dict[str, Any]:
    """A criterion as it came out, as JSON values."""
    return {
        "criterion": finding.criterion,
        "holds": finding.holds,
        "value": _value(finding.evidence.value),
        "unit": finding.evidence.unit,
        "operator": finding.operator,
        "threshold": _value(finding.threshold),
        "margin": _number(finding.margin),
        "source": finding.evidence.source.value,
        "detail": finding.evidence.detail,
    }


def _answer(answer: Answered) -> dict[str, Any]:
    return {
        "question": answer.question,
        "answer": _answered_value(answer.value),
        "reason": answer.reason,
        "by": answer.by,
        "date": answer.given_on.isoformat() if answer.given_on else None,
        "expires": answer.expires.isoformat() if answer.expires else None,
        "evidence_said": answer.evidence_said,
        "evidence_says": answer.evidence_says,
        "has_expired": answer.has_expired,
    }


def _answered_value(value: object) -> object:
    """As answers.toml has it: words as a list, thresholds as an object."""
    if not isinstance(value, tuple):
        return value
    return dict(value) if any(isinstance(part, tuple) for part in value) else list(value)


def _flip(flip: Flip) -> dict[str, Any]:
    return {"metric": flip.metric, "now": _value(flip.now), "at": _value(flip.at), "to": flip.to.value}


def _value(value: float | bool | str | None) -> float | bool | str | None:
    return value if value is None or isinstance(value, bool | str) else _number(value)


def _number(value: float | None) -> float | None:
    """Six significant decimals: enough to read, and the same on every machine. Infinity has no JSON."""
    return None if value is None or not math.isfinite(value) else round(float(value), 6)
