"""The only module that knows botocore: AWS calls of handler code are recorded, and dead processes make none.

Where the function's role has a policy, :mod:`.authorization` asks it first.
"""

from __future__ import annotations

from typing import Any

from pytest_lambda_env.bridges.authorization import Authorization
from pytest_lambda_env.bridges.tap import Method, Tap
from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.runtime.current import current


def _recording(real_call: Method) -> Method:
    def make_api_call(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        calls, life, clock, role = current.aws_calls, current.life, current.clock, current.role
        if calls is None or life is None or clock is None:
            return real_call(self, operation_name, api_params)
        life.check()
        started, error = clock.read(None), None
        authorization = None if role is None else Authorization(role, self, operation_name, api_params, started)
        # Connections and a simulated service's files are not the handler's to close.
        leftovers, current.leftovers = current.leftovers, None
        try:
            if authorization is not None:
                return authorization.answer(real_call)
            return real_call(self, operation_name, api_params)
        except BaseException as raised:
            error = _error_code(raised)
            raise
        finally:
            current.leftovers = leftovers
            service = self.meta.service_model
            calls.append(
                AwsCall(
                    service=service.service_name,
                    operation=operation_name,
                    parameters=api_params,
                    started=started,
                    ended=clock.read(None),
                    error=error,
                    region=self.meta.region_name or "",
                    signing_name=service.signing_name,
                    denied=authorization is not None and authorization.denied,
                )
            )

    return make_api_call


def _error_code(raised: BaseException) -> str:
    response = getattr(raised, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code") or type(raised).__name__)
    return type(raised).__name__


TAP = Tap("botocore.client", "BaseClient", "_make_api_call", _recording)
