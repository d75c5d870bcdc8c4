"""The policies that AWS manages and that functions have most, by name, as of November 2026.

https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_XRAY = (
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
    "xray:GetSamplingStatisticSummaries",
)
_NETWORK = ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface")

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "AdministratorAccess": ("*",),
    "AWSLambdaBasicExecutionRole": _LOGS,
    "AWSLambdaSQSQueueExecutionRole": (
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        *_LOGS,
    ),
    "AWSLambdaKinesisExecutionRole": (
        *("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator"),
        *("kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard"),
        *_LOGS,
    ),
    "AWSLambdaDynamoDBExecutionRole": (
        *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
        *_LOGS,
    ),
    "AWSLambdaVPCAccessExecutionRole": (
        *_LOGS,
        *_NETWORK,
        *("ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
    ),
    "AWSLambdaENIManagementAccess": (
        *_NETWORK,
        *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
    ),
    "AWSLambdaRole": ("lambda:InvokeFunction",),
    "AWSXRayDaemonWriteAccess": _XRAY,
    "AWSStepFunctionsFullAccess": ("states:*",),
    "AmazonKinesisFullAccess": ("kinesis:*",),
    "AmazonKinesisReadOnlyAccess": ("kinesis:Get*", "kinesis:List*", "kinesis:Describe*"),
    "AmazonS3FullAccess": ("s3:*", "s3-object-lambda:*"),
    "AmazonS3ReadOnlyAccess": (
        *("s3:Get*", "s3:List*", "s3:Describe*"),
        *("s3-object-lambda:Get*", "s3-object-lambda:List*"),
    ),
    "AmazonSESFullAccess": ("ses:*",),
    "AmazonSQSFullAccess": ("sqs:*",),
    "AmazonSSMReadOnlyAccess": ("ssm:Describe*", "ssm:Get*", "ssm:List*"),
}
"""Each allows these actions on every resource, without a condition."""


def managed_policy(name: str) -> Mapping[str, Any] | None:
    """The document of one of these; None for any other name."""
    if name not in ACTIONS:
        return None
    statement = {"Effect": "Allow", "Action": list(ACTIONS[name]), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
