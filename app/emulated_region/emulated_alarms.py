"""Elements of CloudWatch's alarms that Terraform's provider needs and the emulator (ministack 1.5.33) omits in XML.

Without them every second plan would update each alarm.
"""

import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

Alarm = dict[str, Any]
Handler = Callable[..., tuple[int, dict[str, str], bytes]]

_LEFT_OUT = ("AlarmDescription", "Statistic", "Period", "TreatMissingData", "ActionsEnabled")
_LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_QUERY = re.compile(r"^Metrics\.member\.(\d+)\.(.+)$")
_MEMBER = re.compile(r"<member><AlarmName>([^<]*)</AlarmName>")


def left_out(alarm: Alarm) -> str:
    """The elements that the emulator's response lacks.

    Example: `left_out({"Period": 60})` is `<Period>60</Period>`.
    """
    plain = "".join(_element(key, alarm[key]) for key in _LEFT_OUT if alarm.get(key) not in (None, ""))
    lists = "".join(f"<{key}>{_members(alarm[key])}</{key}>" for key in _LISTS if alarm.get(key))
    dimensions = "".join(
        f"<member><Name>{escape(one['Name'])}</Name><Value>{escape(one['Value'])}</Value></member>"
        for one in alarm.get("Dimensions") or ()
    )
    return plain + lists + f"<Dimensions>{dimensions}</Dimensions>" + _queries(alarm.get("MetricQueries") or {})


def metric_queries(request: dict[str, Any]) -> dict[int, dict[str, str]]:
    """The metric queries of a PutMetricAlarm request, by number, each as path = value.

    Example: `metric_queries({"Metrics.member.1.Id": ["ratio"]}) == {1: {"Id": "ratio"}}`
    """
    found: dict[int, dict[str, str]] = {}
    for key, value in request.items():
        if match := _QUERY.match(key):
            found.setdefault(int(match[1]), {})[match[2]] = value[0] if isinstance(value, list) else value
    return dict(sorted(found.items()))


def kept(cloudwatch: Any, put: Handler) -> Handler:
    """PutMetricAlarm that stores the metric queries of a calculated alarm."""

    def handle(params: dict[str, Any], *rest: Any) -> tuple[int, dict[str, str], bytes]:
        answer = put(params, *rest)
        name = cloudwatch._p(params, "AlarmName")
        if name in cloudwatch._alarms:
            cloudwatch._alarms[name]["MetricQueries"] = metric_queries(params)
        return answer

    return handle


def described(cloudwatch: Any, describe: Handler) -> Handler:
    """DescribeAlarms that returns everything that was stored."""

    def handle(*arguments: Any) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = describe(*arguments)

        def whole(match: re.Match[str]) -> str:
            alarm = cloudwatch._alarms.get(match[1])
            if not alarm:
                return match[0]
            return match[0] + left_out(_without_defaults(alarm) if alarm.get("MetricQueries") else alarm)

        return status, headers, _MEMBER.sub(whole, body.decode()).encode()

    return handle


def _without_defaults(alarm: Alarm) -> Alarm:
    """Remove statistic and period from a calculated alarm, to which the emulator adds defaults."""
    return {key: value for key, value in alarm.items() if key not in ("Statistic", "Period")}


def _element(key: str, value: Any) -> str:
    return f"<{key}>{escape(str(value).lower() if isinstance(value, bool) else str(value))}</{key}>"


def _members(values: list[str]) -> str:
    return "".join(f"<member>{escape(value)}</member>" for value in values)


def _queries(queries: dict[int, dict[str, str]]) -> str:
    return (
        f"<Metrics>{''.join(f'<member>{_query(query)}</member>' for query in queries.values())}</Metrics>"
        if queries
        else ""
    )


def _query(query: dict[str, str]) -> str:
    """Nested elements from dotted paths: `MetricStat.Period` becomes `<MetricStat><Period>`."""
    tree: dict[str, Any] = {}
    for path, value in query.items():
        *parents, last = path.split(".")
        here = tree
        for parent in parents:
            here = here.setdefault(parent, {})
        here[last] = value
    return _xml(tree)


def _xml(tree: dict[str, Any]) -> str:
    def one(key: str, value: Any) -> str:
        name = "member" if key.isdigit() else key
        if isinstance(value, dict):
            value = value.get("member", value)
            return f"<{name}>{_xml(value)}</{name}>"
        return f"<{name}>{escape(value)}</{name}>"

    return "".join(one(key, value) for key, value in tree.items())
