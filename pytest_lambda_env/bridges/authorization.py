"""An AWS call of a function whose role has a policy: refused as the service would refuse it, or made.

The answer to a refused call is made here, before botocore builds a request: moto never hears of it, and botocore's own
hooks and retries don't run (AWS's denials are not retried either).
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from pytest_lambda_env.bridges.tap import Method
from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.iam.asked import permissions_of
from pytest_lambda_env.model.iam.denial import Denial, denial
from pytest_lambda_env.model.iam.execution_role import ExecutionRole
from pytest_lambda_env.model.iam.permission import Permission
from pytest_lambda_env.model.iam.place import Place
from pytest_lambda_env.model.iam.policy import Verdict
from pytest_lambda_env.model.iam.s3 import bucket_arn
from pytest_lambda_env.simulation.instant import Instant

_MISSING_OBJECT = ("NoSuchKey", "404")


class Authorization:
    """What becomes of one call; ``denied`` tells afterwards that nothing of it was allowed."""

    def __init__(
        self, role: ExecutionRole, client: Any, operation: str, parameters: dict[str, Any], started: Instant
    ) -> None:
        service = client.meta.service_model
        self.denied = False
        self._role = role
        self._client = client
        self._parameters = parameters
        self._call = AwsCall(
            service=service.service_name,
            operation=operation,
            parameters=parameters,
            started=started,
            ended=started,
            region=client.meta.region_name or "",
            signing_name=service.signing_name,
        )

    def answer(self, real_call: Method) -> Any:
        """The result of the real call, or what botocore raises for AWS's refusal."""
        call = self._call
        if call.service == "s3" and call.operation == "DeleteObjects":
            return self._delete_objects(real_call)
        refused = self._role.refuses(call, permissions_of(call, self._role.account_id))
        if refused is not None:
            self.denied = True
            raise self._error(self._denial(*refused))
        try:
            return real_call(self._client, call.operation, self._parameters)
        except self._client.exceptions.ClientError as error:
            hidden = self._hidden(error)
            if hidden is None:
                raise
        raise hidden

    def _hidden(self, error: Any) -> Exception | None:
        """S3 tells whether an object is missing only to those who may list its bucket."""
        call = self._call
        if call.service != "s3" or not call.operation.startswith(("Get", "Head")):
            return None
        if error.response.get("Error", {}).get("Code") not in _MISSING_OBJECT:
            return None
        bucket = bucket_arn(self._parameters["Bucket"], Place(region=self._call.region, account_id=""))
        refused = self._role.refuses(self._call, [Permission("s3:ListBucket", bucket)])
        return None if refused is None else self._error(self._denial(*refused))

    def _delete_objects(self, real_call: Method) -> Any:
        """S3 answers for each object by itself, and the call as a whole succeeds."""
        wanted = self._parameters.get("Delete", {})
        allowed, errors = [], []
        for each in wanted.get("Objects", ()):
            call = replace(self._call, parameters={**self._parameters, "Delete": {"Objects": [each]}})
            refused = self._role.refuses(call, permissions_of(call, self._role.account_id))
            if refused is None:
                allowed.append(each)
            else:
                errors.append({**each, "Code": "AccessDenied", "Message": self._denial(*refused).message})
        if errors and not allowed:
            self.denied = True
            return {"ResponseMetadata": self._metadata(200), "Errors": errors}
        given = self._parameters if not errors else {**self._parameters, "Delete": {**wanted, "Objects": allowed}}
        result = real_call(self._client, self._call.operation, given)
        if errors:
            result["Errors"] = [*result.get("Errors", ()), *errors]
        return result

    def _denial(self, permission: Permission, found: Verdict) -> Denial:
        metadata = self._client.meta.service_model.metadata
        protocol = "query" if "awsQueryCompatible" in metadata else metadata["protocol"]
        return denial(self._role.session_arn, self._call, permission, found, protocol)

    def _error(self, answer: Denial) -> Exception:
        response = {
            "Error": {"Code": answer.code, "Message": answer.message},
            "ResponseMetadata": self._metadata(answer.status_code),
        }
        error: Exception = self._client.exceptions.from_code(answer.code)(response, self._call.operation)
        return error

    def _metadata(self, status_code: int) -> dict[str, Any]:
        seed = f"{self._role.session_arn} {self._call} {self._call.started}"
        request_id = str(uuid.uuid5(uuid.NAMESPACE_URL, seed))
        return {"RequestId": request_id, "HTTPStatusCode": status_code, "HTTPHeaders": {}, "RetryAttempts": 0}
