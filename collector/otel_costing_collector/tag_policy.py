"""The file of mandatory tags: YAML -> a policy, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from otel_costing.attribution import Attribution
from otel_costing.mandatory_tags import REQUIRABLE, Rule, TagPolicy, missing_tags, rule_of
from otel_costing.problems import Problem
from otel_costing.rate_book.located_yaml import Mapped, Value, read_yaml
from otel_costing.rate_book.yaml_fields import Fields

_KEYS = {"required": True, "action": False, "owner": False, "rest": False}
_MARK = "mark"
_QUARANTINE = "quarantine"
_BOOK = "book"
_REFUSE = "refuse"


def tag_policy_in(file: str, problems: list[Problem]) -> TagPolicy:
    """Read a file of mandatory tags.

    Args:
        file: its path; empty for none.
        problems: takes everything that is wrong with it.
    """
    document = read_yaml(Path(file), problems) if file else None
    if document is None:
        return {}
    fields = Fields(file, problems)
    if not isinstance(document, Mapped) or not document.fields:
        fields.wrong(
            document, "is a mapping of environments, or `*` for all others, to their rules"
        )
        return {}
    rules = {name: _rule(value, fields) for name, value in document.fields.items()}
    return {name: rule for name, rule in rules.items() if rule is not None}


def refused_for(policy: TagPolicy) -> Callable[[Attribution], Iterable[str]]:
    """Return what says of a usage event which tags it lacks and is refused for."""

    def lacking(attribution: Attribution) -> Iterable[str]:
        rule = rule_of(policy, attribution.environment)
        return missing_tags(attribution, rule) if rule and rule.refuses_events else ()

    return lacking


def _rule(value: Value, fields: Fields) -> Rule | None:
    found = fields.of(value, "a rule", _KEYS)
    if found is None:
        return None
    required = fields.texts(found["required"], "required")
    lacking = [key for key in ("action", "owner") if required and key not in found]
    if lacking:
        fields.wrong(value, f"a rule that demands something lacks {', '.join(lacking)}")
    for name in required:
        if name not in REQUIRABLE:
            known = ", ".join(REQUIRABLE)
            fields.wrong(found["required"], f"required has no {name!r}; it is any of {known}")
    action = fields.one_of(found.get("action"), "action", (_MARK, _QUARANTINE))
    rest = fields.one_of(found.get("rest"), "rest", (_BOOK, _REFUSE))
    owner = fields.text(found.get("owner"), "owner")
    return Rule(required, action == _QUARANTINE, owner, rest == _REFUSE)
