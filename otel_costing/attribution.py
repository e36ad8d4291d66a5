"""Who caused a call: what stands on its span, its resource and its context."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Who ran a call and for what; empty means unattributed, never a guess."""

    team: str = ""
    """Owner of the code that ran."""
    project: str = ""
    workflow: str = ""
    workflow_run_id: str = ""
    feature: str = ""
    customer_id: str = ""
    user_id: str = ""
    session_id: str = ""
    environment: str = ""
    purpose: str = ""
    release: str = ""
    agent: str = ""
    tool: str = ""
    origin_team: str = ""
    """Who stands at the root of the work, whoever runs the call."""
    origin_workflow: str = ""
    origin_workflow_run_id: str = ""
    origin_feature: str = ""
    origin_source: str = "none"
    """`baggage`, `root` or `none`."""
