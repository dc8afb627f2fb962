"""The plan of a launch from a YAML file; every scalar is read as text, so numbers stay exact."""

from pathlib import Path

import msgspec
import yaml

from ledger.roaming.launch_plan import LaunchPlan, refuse_a_wrong_plan
from ledger.values.reasons import Reason, Refusal, Refused


def plan_in(path: Path) -> LaunchPlan:
    """Return the plan in a file. Refuses: INVALID_DOCUMENT at the path of what is wrong."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        plan = msgspec.convert(document, LaunchPlan, strict=False)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, path.name, "YAML", said)) from error
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$")
        at = where.rstrip("`").lstrip(".") or path.name
        raise Refused(Refusal(Reason.INVALID_DOCUMENT, at, actual=said)) from error
    refuse_a_wrong_plan(plan)
    return plan
