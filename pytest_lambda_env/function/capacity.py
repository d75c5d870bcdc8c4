"""Reserved and provisioned concurrency."""

from __future__ import annotations

from pytest_lambda_env.control.qualifier import Qualifier, name_of
from pytest_lambda_env.control.reservations import check_reservation, provisioned_config
from pytest_lambda_env.control.target_tracking import TargetTracking
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.model.provisioned import ProvisionedConcurrencyConfig


class Capacity(FunctionHandle):
    """``PutFunctionConcurrency``, ``PutProvisionedConcurrencyConfig`` and Application Auto Scaling."""

    def put_concurrency(self, reserved_concurrent_executions: int) -> None:
        """Reserve concurrency, as ``PutFunctionConcurrency``; 0 throttles every request (fidelity I50).

        Raises ``InvalidParameterValueException`` if less than 100 would stay unreserved (V23), or if more than that is
        provisioned (V24).
        """
        check_reservation(self._engine.account, self._function, reserved_concurrent_executions)
        self._function.reserved_concurrency = reserved_concurrent_executions

    def delete_concurrency(self) -> None:
        """Reserve nothing any more; without a reservation that is no error."""
        self._function.reserved_concurrency = None

    @property
    def reserved_concurrent_executions(self) -> int | None:
        """What is reserved; None: nothing."""
        return self._function.reserved_concurrency

    def put_provisioned_concurrency(
        self, provisioned_concurrent_executions: int, *, qualifier: Qualifier
    ) -> ProvisionedConcurrencyConfig:
        """Have environments of a version or an alias initialised ahead: a minute of virtual time later.

        Until then the status is ``IN_PROGRESS`` and requests run on demand, as does what exceeds the number (V27, V28).
        Raises AWS's errors (V25, V26, V31).
        https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
        """
        name = name_of(qualifier)
        self._engine.provisioning.put(self._function, name, provisioned_concurrent_executions, self._present())
        return provisioned_config(self._function, name)

    def provisioned_concurrency(self, qualifier: Qualifier) -> ProvisionedConcurrencyConfig:
        """What a version or an alias has, or AWS's error if it has none (V26)."""
        return provisioned_config(self._function, name_of(qualifier))

    def delete_provisioned_concurrency(self, qualifier: Qualifier) -> None:
        """Retire the environments that were made ahead; what runs in them ends first."""
        self._engine.provisioning.delete(self._function, name_of(qualifier), self._present())

    def scale_provisioned_concurrency(
        self, *, qualifier: Qualifier, min_capacity: int, max_capacity: int, target_utilization: float = 0.7
    ) -> None:
        """Let provisioned concurrency follow its use, as Application Auto Scaling's target tracking does.

        ``target_utilization`` is the share of the environments, 0.1 to 0.9, that is to be busy at most. Three minutes
        above it make more of them, fifteen below nine tenths of it fewer.
        https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
        """
        policy = TargetTracking(minimum=min_capacity, maximum=max_capacity, target=target_utilization)
        self._engine.autoscaling.begin(self._function, name_of(qualifier), policy, self._present())
