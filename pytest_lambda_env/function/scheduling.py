"""Schedules: what invokes a function by the clock."""

from __future__ import annotations

import datetime
from typing import Any

from pytest_lambda_env.control.function import LATEST
from pytest_lambda_env.control.qualifier import Qualifier, name_of
from pytest_lambda_env.delivery.caller import Caller
from pytest_lambda_env.delivery.schedules.engine import Schedule
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.model.schedule.definition import RuleDefinition, ScheduleDefinition

_EVENTS = "events.amazonaws.com"


class Scheduling(FunctionHandle):
    """Rules of EventBridge, and EventBridge Scheduler."""

    def schedule(
        self,
        expression: str,
        *,
        name: str | None = None,
        input: Any = None,  # noqa: A002 - AWS's name
        qualifier: Qualifier | None = None,
        timezone: str | None = None,
        start_date: datetime.datetime | None = None,
        end_date: datetime.datetime | None = None,
        maximum_window_in_minutes: int | None = None,
        group_name: str | None = None,
    ) -> Schedule:
        """Invoke the function asynchronously by the clock: ``rate(5 minutes)``, ``cron(30 2 * * ? *)``, ``at(…)``.

        With the expression alone this is a rule of EventBridge, in UTC, and EventBridge is permitted to invoke the
        function (the statement bears the rule's name). With ``timezone``, ``start_date``, ``end_date``, a flexible
        window or a ``group_name``, and for ``at(…)``, it is a schedule of EventBridge Scheduler. ``input`` replaces the
        event that the service would send. Raises AWS's errors for an expression that AWS refuses.

        ``advance`` lets it run; ``drain`` waits for an ``at(…)`` only, as the others never end.
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
        """
        target = None if qualifier is None else self._resolved(qualifier)
        name = name or self._engine.schedules.free_name(self.name)
        by_scheduler = (timezone, start_date, end_date, maximum_window_in_minutes, group_name)
        if expression.startswith("at(") or any(each is not None for each in by_scheduler):
            definition = ScheduleDefinition(
                name=name,
                schedule_expression=expression,
                schedule_expression_timezone=timezone or "UTC",
                group_name=group_name or "default",
                start_date=start_date,
                end_date=end_date,
                maximum_window_in_minutes=maximum_window_in_minutes,
                input=input,
            )
            return self._engine.schedules.add(definition, self._engine.deliver_to(self._function, target))
        rule = RuleDefinition(name=name, schedule_expression=expression, input=input)
        arn = str(rule.arn(self._function.region, self._function.account_id))
        caller = Caller(principal=_EVENTS, source_arn=arn)
        schedule = self._engine.schedules.add(rule, self._engine.deliver_to(self._function, target, caller))
        self._function.policy.add_permission(
            statement_id=name,
            action="lambda:InvokeFunction",
            principal=_EVENTS,
            source_arn=arn,
            qualifier=None if target == LATEST else target,
        )
        return schedule

    def schedule_provisioned_concurrency(
        self, expression: str, provisioned_concurrent_executions: int, *, qualifier: Qualifier, timezone: str = "UTC"
    ) -> Schedule:
        """Set provisioned concurrency by the clock, as a scheduled action of Application Auto Scaling; 0: none.

        The expression is one of ``schedule``'s.
        https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling.html
        """
        name = self._engine.schedules.free_name(f"{self.name}-capacity")
        definition = ScheduleDefinition(
            name=name, schedule_expression=expression, schedule_expression_timezone=timezone
        )
        return self._engine.schedules.add(
            definition,
            lambda _: self._engine.provisioning.follow(
                self._function, name_of(qualifier), provisioned_concurrent_executions, self._present()
            ),
        )
