"""Lambda's limits, each with its source. As of November 2026."""

from __future__ import annotations

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, fidelity I94
TIMEOUT_SECONDS = range(1, 900 + 1)
MEMORY_MB = range(128, 10_240 + 1)
EPHEMERAL_STORAGE_MB = range(512, 10_240 + 1)
ENVIRONMENT_BYTES = 4_096
"""Of ``json.dumps(variables, separators=(",", ":"))`` (fidelity I90)."""

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MEMORY_MB_PER_VCPU = 1_769

# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, fidelity I09, I21 to I24
SYNCHRONOUS_REQUEST_BYTES = 6_291_456
ASYNCHRONOUS_REQUEST_BYTES = 1_048_576
RESPONSE_BYTES = 6_291_556
CLIENT_CONTEXT_BYTES = 3_583
LOG_TAIL_BYTES = 4_096

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, fidelity I70
INIT_SECONDS = 10
PROVISIONED_INIT_SECONDS = 130
"""Or the function's timeout, if that is longer, up to 15 minutes (I74)."""

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
ACCOUNT_CONCURRENCY = 1_000
UNRESERVED_MINIMUM = 100

# https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html, fidelity A09
RETRY_ATTEMPTS = range(2 + 1)
EVENT_AGE_SECONDS = range(60, 21_600 + 1)

DEAD_LETTER_ERROR_BYTES = 1_024
"""Of a dead letter's ``ErrorMessage`` (fidelity A45)."""
MESSAGE_BYTES = {"sqs": 1_048_576, "sns": 262_144, "events": 1_048_576}
"""Of a message, by service: their own pages of quotas."""

# https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html, fidelity I40
RECURSIVE_INVOCATIONS = 16

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, fidelity I95
UNZIPPED_BYTES = 262_144_000

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, fidelity I93
RESERVED_VARIABLES = frozenset(
    {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    }
)

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
ARCHITECTURES = ("x86_64", "arm64")

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
RESOURCE_POLICY_BYTES = 20_480
