"""Where the records of ended asynchronous events go: destinations and dead-letter targets.

Each is a function of this service, a probe, or whatever the carrier reaches. A delivery that fails is a fact of the
journal, and a metric; nothing is tried again, as AWS says nothing of that.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pytest_lambda_env.control.account import Account
from pytest_lambda_env.control.function import Function, FunctionVersion
from pytest_lambda_env.control.routing import route
from pytest_lambda_env.delivery.asynchronous.message import Carrier, DeliveryFailed, Message
from pytest_lambda_env.delivery.asynchronous.probe import Probe
from pytest_lambda_env.delivery.recursion import hops_from
from pytest_lambda_env.delivery.request import InvokeRequest, new_request
from pytest_lambda_env.delivery.response import InvokeResponse
from pytest_lambda_env.errors import InvalidParameterValueException, ServiceError
from pytest_lambda_env.events.destinations import NO_RESPONSE, record
from pytest_lambda_env.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_env.model.facts import Condition, Fact, RecordPurpose, RecordSent
from pytest_lambda_env.model.quotas import DEAD_LETTER_ERROR_BYTES, MESSAGE_BYTES
from pytest_lambda_env.simulation.entropy import Entropy
from pytest_lambda_env.simulation.instant import Instant, datetime_of
from pytest_lambda_env.simulation.journal import Journal

_ACTIONS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}
"""What sending to a service needs: those that can be a destination.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""


class Destinations:
    """Sends records. ``accept`` queues an event for a function."""

    def __init__(
        self,
        *,
        account: Account,
        journal: Journal[Fact],
        entropy: Entropy,
        accept: Callable[[InvokeRequest], None],
        carrier: Carrier,
    ) -> None:
        self.probes: dict[str, Probe] = {}
        self._account = account
        self._journal = journal
        self._entropy = entropy
        self._accept = accept
        self._carrier = carrier

    def check(self, function: Function, config: EventInvokeConfig) -> None:
        """Return if a configuration's destinations can be used, or raise AWS's errors (fidelity A28, A53, A54, A57)."""
        for name, arn in (("onSuccess", config.on_success), ("onFailure", config.on_failure)):
            if arn is None:
                continue
            if arn == str(function.arn()):
                raise InvalidParameterValueException("You can't specify the function as a destination for itself.")
            service = arn.split(":")[2] if arn.startswith("arn:") and arn.count(":") >= 5 else ""
            if service not in _ACTIONS or (service == "s3" and name == "onSuccess"):
                raise InvalidParameterValueException(
                    f"The provided destination config DestinationConfig({_shown('onSuccess', config.on_success)}, "
                    f"{_shown('onFailure', config.on_failure)}) is invalid."
                )
            if not self._exists(arn):
                raise InvalidParameterValueException(f"The destination ARN {arn} is invalid.")

    def event_ended(
        self,
        request: InvokeRequest,
        condition: Condition,
        attempts: int,
        last: InvokeResponse | None,
        *,
        config: EventInvokeConfig,
        at: Instant,
    ) -> None:
        """Send what is to be sent of an event: to the destination, and a failed one to the dead-letter target (A42)."""
        succeeded = condition == "Success"
        arn = config.on_success if succeeded else config.on_failure
        if arn is not None:
            message = self._record(request, condition, attempts, last, arn=arn, at=at)
            self._send("OnSuccess" if succeeded else "OnFailure", arn, message, request, at)
        if not succeeded:
            target = _version(request, last).configuration.dead_letter_target
            if target is not None:
                self._send("DeadLetter", target, _dead_letter(request, last), request, at)

    def _record(
        self,
        request: InvokeRequest,
        condition: Condition,
        attempts: int,
        last: InvokeResponse | None,
        *,
        arn: str,
        at: Instant,
    ) -> Message:
        assert condition != "FunctionDeleted"
        body = record(
            json.loads(request.event),
            NO_RESPONSE if last is None else last.payload,
            condition=condition,
            function=request.resource,
            executed_version="$LATEST" if last is None else last.executed_version or "$LATEST",
            approximate_invoke_count=attempts,
            request_id=request.request_id,
            timestamp=datetime_of(at),
        )
        outcome = "Success" if condition == "Success" else "Failure"
        moment = datetime_of(at)
        return Message(
            body=_json(body),
            detail_type=f"Lambda Function Invocation Result - {outcome}",
            resources=(arn, request.resource),
            # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
            key=f"aws/lambda/async/{request.function.name}/{moment:%Y/%m/%d}/{moment:%Y-%m-%dT%H.%M.%S}-"
            f"{self._entropy.uuid4('destination-keys')}",
        )

    def _send(self, purpose: RecordPurpose, target: str, message: Message, request: InvokeRequest, at: Instant) -> None:
        error = None
        try:
            self._deliver(target, message, request, at)
        except DeliveryFailed as failed:
            error = str(failed)
        self._journal.record(
            RecordSent(
                at=at,
                function_name=request.function.name,
                request_id=request.request_id,
                purpose=purpose,
                target=target,
                qualifier=request.qualifier,
                error=error,
            )
        )

    def _deliver(self, target: str, message: Message, request: InvokeRequest, at: Instant) -> None:
        service = target.split(":")[2]
        self._check_role(service, f"{target}/{message.key}" if service == "s3" else target, request)
        size, limit = len(message.body.encode()), MESSAGE_BYTES.get(service)
        if limit is not None and size > limit:
            raise DeliveryFailed(f"the record has {size} bytes, and {service} takes {limit}")
        if target in self.probes:
            self.probes[target].deliver(message, at)
        elif service == "lambda":
            self._invoke(target, message, request, at)
        else:
            self._carrier.deliver(target, message)

    def _check_role(self, service: str, resource: str, request: InvokeRequest) -> None:
        """Lambda sends with the function's own role, which must allow it."""
        function = request.function
        role = function.role(_version(request))
        if role is not None and not role.allows(_ACTIONS[service], resource):
            raise DeliveryFailed(f"AccessDenied: the execution role does not allow {_ACTIONS[service]} on {resource}")

    def _invoke(self, target: str, message: Message, request: InvokeRequest, at: Instant) -> None:
        """The record is the asynchronous event of the target function (A26)."""
        try:
            function, qualifier = self._function(target)
            self._accept(
                new_request(
                    function,
                    message.body.encode(),
                    "Event",
                    qualifier=qualifier,
                    accepted=at,
                    hops=hops_from(request),
                    entropy=self._entropy,
                )
            )
        except ServiceError as error:
            raise DeliveryFailed(f"{error.code}: {error.message}") from error

    def _exists(self, arn: str) -> bool:
        if arn in self.probes:
            return True
        if arn.split(":")[2] != "lambda":
            return self._carrier.knows(arn)
        try:
            function, qualifier = self._function(arn)
            route(function, qualifier, lambda: 0)
        except ServiceError:
            return False
        return True

    def _function(self, arn: str) -> tuple[Function, str | None]:
        name, _, qualifier = arn.split(":", 6)[6].partition(":")
        return self._account.get(name), qualifier or None


def _version(request: InvokeRequest, last: InvokeResponse | None = None) -> FunctionVersion:
    """The version that ran, or was to run; where that has been deleted since, ``$LATEST``, which says most of it."""
    function = request.function
    version = (last.executed_version if last is not None else None) or request.route.version
    return function.versions.get(version, function.latest)


def _dead_letter(request: InvokeRequest, last: InvokeResponse | None) -> Message:
    """The event itself, and why it failed (fidelity A40, A45).

    Recorded are events that reached their function. Of one that never did, the code is taken to be that of a throttle.
    """
    error: Any = {} if last is None else last.payload
    text = error.get("errorMessage", "") if isinstance(error, dict) else str(error)
    if last is None:
        text = "Rate Exceeded."
    return Message(
        body=request.event.decode(),
        attributes={
            "RequestID": ("String", request.request_id),
            "ErrorCode": ("Number", "429" if last is None else "200"),
            "ErrorMessage": ("String", text.encode()[:DEAD_LETTER_ERROR_BYTES].decode(errors="ignore")),
        },
    )


def _shown(name: str, arn: str | None) -> str:
    kind = name[0].upper() + name[1:]
    return f"{name}={kind}(destination={arn})" if arn else f"{name}=null"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
