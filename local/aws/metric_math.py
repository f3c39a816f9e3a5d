"""CloudWatch metric math: the values of GetMetricData queries and of metric-math alarms, from series that the caller reads.

Pure. Functions: FILL, IF, MAX, MIN, SUM, AVG, ABS, CEIL, FLOOR, SERVICE_QUOTA; operators: + - * / ^ and comparisons. Anything else is
refused by name, never approximated. Semantics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Series = dict[int, float]  # start of the period in epoch seconds -> value
Value = Series | float | list[Series]
Query = Mapping[str, Any]  # a MetricDataQuery of the CloudWatch API

_BINARY: Final[dict[type[ast.AST], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_REDUCE: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}
_EACH: Final[dict[str, Callable[[float], float]]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


class MetricMath:
    """The values of a set of queries between two instants, each computed once."""

    def __init__(
        self,
        queries: Sequence[Query],
        start: float,
        end: float,
        series_of: Callable[[Query, float, float], Series],
        quota_of: Callable[[Query], float | None],
    ) -> None:
        """Take the queries; `series_of` reads one MetricStat, `quota_of` the quota that belongs to one."""
        self._queries = {query["Id"]: query for query in queries}
        self._start, self._end = start, end
        self._series_of, self._quota_of = series_of, quota_of
        self._done: dict[str, Value] = {}

    def series(self, query_id: str) -> Series:
        """Return the values of a query by period.

        Raises:
            ValueError: The expression is not metric math, or uses what is not known here.
        """
        value = self._of(query_id)
        if isinstance(value, dict):
            return value
        if isinstance(value, list):
            raise ValueError(f"{query_id} is a list of series: an alarm or a graph needs one")  # noqa: TRY004 - a wrong expression
        return dict.fromkeys(self._periods(), float(value))

    def _of(self, query_id: str) -> Value:
        if query_id not in self._queries:
            raise ValueError(f"no query has the Id {query_id}; there are {', '.join(self._queries)}")
        if query_id not in self._done:
            query = self._queries[query_id]
            if query.get("MetricStat"):
                self._done[query_id] = self._series_of(query["MetricStat"], self._start, self._end)
            else:
                self._done[query_id] = self._run(_parsed(query["Expression"]))
        return self._done[query_id]

    def _run(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=query_id):
                return self._of(query_id)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _pairwise(operator.sub, 0.0, self._run(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _pairwise(_BINARY[type(op)], self._run(left), self._run(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _BINARY:
                return _pairwise(_BINARY[type(op)], self._run(left), self._run(right))
            case ast.List(elts=elements):
                return [_series(self._run(element)) for element in elements]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name.upper(), arguments)
        raise ValueError(f"metric math here does not know {ast.unparse(node)!r}")

    def _call(self, name: str, arguments: list[ast.expr]) -> Value:
        if name == "FILL":
            return self._fill(_series(self._run(arguments[0])), arguments[1])
        if name == "IF":
            return self._if([self._run(argument) for argument in arguments])
        if name == "SERVICE_QUOTA" and isinstance(arguments[0], ast.Name):
            quota = self._quota_of(self._queries[arguments[0].id])
            return {} if quota is None else dict.fromkeys(_series(self._of(arguments[0].id)), quota)
        value = self._run(arguments[0])
        if name in _REDUCE and isinstance(value, list):
            return {at: _REDUCE[name]([one[at] for one in value if at in one]) for at in sorted(set().union(*value))}
        if name in _REDUCE and isinstance(value, dict):
            return _REDUCE[name](list(value.values())) if value else math.nan
        if name in _EACH:
            return {at: float(_EACH[name](one)) for at, one in _series(value).items()}
        raise ValueError(f"metric math here does not know the function {name}")

    def _fill(self, series: Series, filler: ast.expr) -> Series:
        filled: Series = {}
        last: float | None = None
        constant = None if isinstance(filler, ast.Name) and filler.id == "REPEAT" else self._run(filler)
        for at in self._periods():
            last = series.get(at, last)
            value = series.get(at, last if constant is None else _number(constant))
            if value is not None:
                filled[at] = value
        return filled

    def _if(self, values: list[Value]) -> Series:
        condition, then, otherwise = [*values, {}][:3]
        chosen: Series = {}
        for at, holds in _series(condition).items():
            branch = then if holds else otherwise
            value = branch.get(at) if isinstance(branch, dict) else _number(branch)
            if value is not None:
                chosen[at] = value
        return chosen

    def _periods(self) -> range:
        """Every period of the span; the shortest of the queries' periods, 60 s when all are expressions."""
        period = min((int(query["MetricStat"]["Period"]) for query in self._queries.values() if query.get("MetricStat")), default=60)
        return range(int(self._start // period) * period, math.ceil(self._end), period)


def _parsed(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.replace("^", "**"), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"the metric math expression {expression!r} cannot be read: {error.msg}") from error


def _pairwise(combine: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Combine where both sides have a value; a division by zero has none, as in CloudWatch."""
    if isinstance(left, list) or isinstance(right, list):
        raise ValueError("an operator takes series and numbers, not lists of series")  # noqa: TRY004 - a wrong expression
    if not isinstance(left, dict) and not isinstance(right, dict):
        return float(combine(left, right))
    periods = set(left if isinstance(left, dict) else right if isinstance(right, dict) else ())
    result: Series = {}
    for at in sorted(periods & set(right) if isinstance(right, dict) else periods):
        a = left[at] if isinstance(left, dict) else left
        b = right[at] if isinstance(right, dict) else right
        try:
            result[at] = float(combine(a, b))
        except ZeroDivisionError:
            continue
    return result


def _series(value: Value) -> Series:
    if not isinstance(value, dict):
        raise ValueError(f"a series is needed, not {value!r}")  # noqa: TRY004 - a wrong expression
    return value


def _number(value: Value) -> float:
    if isinstance(value, dict | list):
        raise ValueError(f"a number is needed, not {value!r}")  # noqa: TRY004 - a wrong expression
    return value
