"""Which permissions an AWS call asks for."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_lambda_env.errors import NotModelled
from pytest_lambda_env.model.aws_call import AwsCall
from pytest_lambda_env.model.iam.asked import permissions_of
from pytest_lambda_env.simulation.instant import Instant

ACCOUNT_ID = "123456789012"
HERE = f"us-east-1:{ACCOUNT_ID}"


def asked(service: str, operation: str, signing_name: str = "", **parameters: Any) -> list[str]:
    """The permissions of a call, as text."""
    call = AwsCall(
        service=service,
        operation=operation,
        parameters=parameters,
        started=Instant(0),
        ended=Instant(0),
        region="us-east-1",
        signing_name=signing_name,
    )
    return [str(each) + ("" if each.exact else " or the like") for each in permissions_of(call, ACCOUNT_ID)]


S3: list[tuple[str, dict[str, Any], list[str]]] = [
    ("GetObject", {"Bucket": "b", "Key": "k/x"}, ["s3:GetObject on arn:aws:s3:::b/k/x"]),
    ("GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}, ["s3:GetObjectVersion on arn:aws:s3:::b/k"]),
    ("HeadObject", {"Bucket": "b", "Key": "k"}, ["s3:GetObject on arn:aws:s3:::b/k"]),
    ("HeadBucket", {"Bucket": "b"}, ["s3:ListBucket on arn:aws:s3:::b"]),
    ("ListObjectsV2", {"Bucket": "b", "Prefix": "p"}, ["s3:ListBucket on arn:aws:s3:::b"]),
    ("ListBuckets", {}, ["s3:ListAllMyBuckets on *"]),
    ("UploadPart", {"Bucket": "b", "Key": "k", "PartNumber": 1}, ["s3:PutObject on arn:aws:s3:::b/k"]),
    ("AbortMultipartUpload", {"Bucket": "b", "Key": "k"}, ["s3:AbortMultipartUpload on arn:aws:s3:::b/k"]),
    (
        "PutObject",
        {"Bucket": "b", "Key": "k", "Tagging": "a=1", "ACL": "private"},
        ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAcl"],
    ),
    (
        "CopyObject",
        {"Bucket": "b", "Key": "k", "CopySource": {"Bucket": "from", "Key": "x y"}},
        ["s3:GetObject on arn:aws:s3:::from/x y", "s3:PutObject on arn:aws:s3:::b/k"],
    ),
    (
        "UploadPartCopy",
        {"Bucket": "b", "Key": "k", "CopySource": "from/x%20y?versionId=3"},
        ["s3:GetObjectVersion on arn:aws:s3:::from/x y", "s3:PutObject on arn:aws:s3:::b/k"],
    ),
    (
        "DeleteObjects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": "1"}, {"Key": "2", "VersionId": "v"}]}},
        ["s3:DeleteObject on arn:aws:s3:::b/1", "s3:DeleteObjectVersion on arn:aws:s3:::b/2"],
    ),
    (
        "GetObjectAttributes",
        {"Bucket": "b", "Key": "k"},
        ["s3:GetObject on arn:aws:s3:::b/k", "s3:GetObjectAttributes on arn:aws:s3:::b/k"],
    ),
    ("GetBucketLifecycleConfiguration", {"Bucket": "b"}, ["s3:GetLifecycleConfiguration on arn:aws:s3:::b"]),
    ("DeleteBucketMetricsConfiguration", {"Bucket": "b"}, ["s3:PutMetricsConfiguration on arn:aws:s3:::b"]),
    (
        "GetObject",
        {"Bucket": f"arn:aws:s3:{HERE}:accesspoint/ap", "Key": "k"},
        [f"s3:GetObject on arn:aws:s3:{HERE}:accesspoint/ap/object/k"],
    ),
    ("CreateBucket", {"Bucket": "b"}, ["s3:CreateBucket on arn:aws:s3:::b"]),
]


@pytest.mark.fidelity("IA16")
@pytest.mark.parametrize(("operation", "parameters", "expected"), S3)
def test_s3(operation: str, parameters: dict[str, Any], expected: list[str]) -> None:
    """Objects, buckets, versions, parts, copies from elsewhere, and what a new object is written with."""
    found = asked("s3", operation, "s3", **parameters)
    assert len(found) == len(expected)
    for one, right in zip(found, expected, strict=True):
        assert one == (right if " on " in right else f"{right} on arn:aws:s3:::b/k")


TABLE = f"arn:aws:dynamodb:{HERE}:table/t"
DYNAMODB: list[tuple[str, dict[str, Any], list[str]]] = [
    ("PutItem", {"TableName": "t"}, [f"dynamodb:PutItem on {TABLE}"]),
    ("PutItem", {"TableName": TABLE}, [f"dynamodb:PutItem on {TABLE}"]),
    ("Query", {"TableName": "t", "IndexName": "i"}, [f"dynamodb:Query on {TABLE}/index/i"]),
    (
        "BatchGetItem",
        {"RequestItems": {"t": {}, "u": {}}},
        [f"dynamodb:BatchGetItem on {TABLE}", f"dynamodb:BatchGetItem on {TABLE[:-1]}u"],
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "u"}}]},
        [f"dynamodb:PutItem on {TABLE}", f"dynamodb:ConditionCheckItem on {TABLE[:-1]}u"],
    ),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "t"}}] * 2}, [f"dynamodb:GetItem on {TABLE}"]),
    (
        "ExecuteStatement",
        {"Statement": 'select * from "t"."i" where a=1'},
        [f"dynamodb:PartiQLSelect on {TABLE}/index/i"],
    ),
    ("ExecuteStatement", {"Statement": "INSERT INTO t VALUE {'a': 1}"}, [f"dynamodb:PartiQLInsert on {TABLE}"]),
    (
        "BatchExecuteStatement",
        {"Statements": [{"Statement": 'UPDATE "t" SET a=1'}, {"Statement": 'DELETE FROM "t" WHERE a=1'}]},
        [f"dynamodb:PartiQLUpdate on {TABLE}", f"dynamodb:PartiQLDelete on {TABLE}"],
    ),
    ("ListTables", {}, ["dynamodb:ListTables on *"]),
    ("TagResource", {"ResourceArn": TABLE}, [f"dynamodb:TagResource on {TABLE}"]),
]


@pytest.mark.fidelity("IA16")
@pytest.mark.parametrize(("operation", "parameters", "expected"), DYNAMODB)
def test_dynamodb(operation: str, parameters: dict[str, Any], expected: list[str]) -> None:
    """Tables by name and ARN, indexes, batches, transactions and PartiQL."""
    assert asked("dynamodb", operation, "dynamodb", **parameters) == expected


OTHERS: list[tuple[str, str, dict[str, Any], list[str]]] = [
    (
        *("sqs", "SendMessageBatch"),
        {"QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT_ID}/q"},
        [f"sqs:SendMessage on arn:aws:sqs:eu-west-1:{ACCOUNT_ID}:q"],
    ),
    (
        *("sqs", "ReceiveMessage"),
        {"QueueUrl": "https://queue.amazonaws.com/210987654321/q"},
        ["sqs:ReceiveMessage on arn:aws:sqs:us-east-1:210987654321:q"],
    ),
    ("sqs", "GetQueueUrl", {"QueueName": "q"}, [f"sqs:GetQueueUrl on arn:aws:sqs:{HERE}:q"]),
    ("sqs", "ListQueues", {}, ["sqs:ListQueues on *"]),
    ("sns", "PublishBatch", {"TopicArn": f"arn:aws:sns:{HERE}:t"}, [f"sns:Publish on arn:aws:sns:{HERE}:t"]),
    ("sns", "Publish", {"PhoneNumber": "+15550100"}, ["sns:Publish on *"]),
    ("sns", "CreateTopic", {"Name": "t"}, [f"sns:CreateTopic on arn:aws:sns:{HERE}:t"]),
    ("kinesis", "PutRecords", {"StreamName": "s"}, [f"kinesis:PutRecords on arn:aws:kinesis:{HERE}:stream/s"]),
    ("kinesis", "GetRecords", {"ShardIterator": "AAA"}, ["kinesis:GetRecords on * or the like"]),
    (
        *("dynamodbstreams", "GetRecords"),
        {"ShardIterator": f"{TABLE}/stream/1|1|AAA"},
        [f"dynamodb:GetRecords on {TABLE}/stream/1"],
    ),
    ("lambda", "Invoke", {"FunctionName": "f"}, [f"lambda:InvokeFunction on arn:aws:lambda:{HERE}:function:f"]),
    (
        *("lambda", "Invoke"),
        {"FunctionName": "f", "Qualifier": "live"},
        [f"lambda:InvokeFunction on arn:aws:lambda:{HERE}:function:f:live"],
    ),
    (
        *("lambda", "Invoke"),
        {"FunctionName": "210987654321:function:f:live"},
        ["lambda:InvokeFunction on arn:aws:lambda:us-east-1:210987654321:function:f:live"],
    ),
    (
        *("lambda", "InvokeWithResponseStream"),
        {"FunctionName": "arn:aws:lambda:eu-west-1:210987654321:function:f"},
        ["lambda:InvokeFunction on arn:aws:lambda:eu-west-1:210987654321:function:f"],
    ),
    (
        *("events", "PutEvents"),
        {"Entries": [{}, {"EventBusName": "mine"}, {"EventBusName": f"arn:aws:events:{HERE}:event-bus/mine"}]},
        [
            f"events:PutEvents on arn:aws:events:{HERE}:event-bus/default",
            f"events:PutEvents on arn:aws:events:{HERE}:event-bus/mine",
        ],
    ),
    (
        *("events", "PutTargets"),
        {"Rule": "r", "EventBusName": "mine"},
        [f"events:PutTargets on arn:aws:events:{HERE}:rule/mine/r"],
    ),
    (
        *("stepfunctions", "StartExecution"),
        {"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m"},
        [f"states:StartExecution on arn:aws:states:{HERE}:stateMachine:m"],
    ),
    ("stepfunctions", "SendTaskSuccess", {"taskToken": "t"}, ["states:SendTaskSuccess on * or the like"]),
    (
        *("secretsmanager", "GetSecretValue"),
        {"SecretId": "db"},
        [f"secretsmanager:GetSecretValue on arn:aws:secretsmanager:{HERE}:secret:db-?????? or the like"],
    ),
    (
        *("ssm", "GetParameters"),
        {"Names": ["/a/b", "c:3"]},
        [
            f"ssm:GetParameters on arn:aws:ssm:{HERE}:parameter/a/b",
            f"ssm:GetParameters on arn:aws:ssm:{HERE}:parameter/c",
        ],
    ),
    ("ssm", "GetParametersByPath", {"Path": "/a/"}, [f"ssm:GetParametersByPath on arn:aws:ssm:{HERE}:parameter/a/"]),
    ("kms", "Encrypt", {"KeyId": "1-2"}, [f"kms:Encrypt on arn:aws:kms:{HERE}:key/1-2"]),
    ("kms", "Encrypt", {"KeyId": "alias/a"}, [f"kms:Encrypt on arn:aws:kms:{HERE}:key/* or the like"]),
    ("kms", "Decrypt", {}, [f"kms:Decrypt on arn:aws:kms:{HERE}:key/* or the like"]),
    (
        *("kms", "ReEncrypt"),
        {"SourceKeyId": "1", "DestinationKeyId": "2"},
        [f"kms:ReEncryptFrom on arn:aws:kms:{HERE}:key/1", f"kms:ReEncryptTo on arn:aws:kms:{HERE}:key/2"],
    ),
    (
        *("logs", "PutLogEvents"),
        {"logGroupName": "/g", "logStreamName": "s"},
        [f"logs:PutLogEvents on arn:aws:logs:{HERE}:log-group:/g:log-stream:s"],
    ),
    (
        "logs",
        "CreateLogGroup",
        {"logGroupName": "/g"},
        [f"logs:CreateLogGroup on arn:aws:logs:{HERE}:log-group:/g:* or the like"],
    ),
    ("cloudwatch", "PutMetricData", {}, ["cloudwatch:PutMetricData on *"]),
    (
        *("firehose", "PutRecord"),
        {"DeliveryStreamName": "d"},
        [f"firehose:PutRecord on arn:aws:firehose:{HERE}:deliverystream/d"],
    ),
    (
        *("cognito-idp", "AdminGetUser"),
        {"UserPoolId": "us-east-1_x"},
        [f"cognito-idp:AdminGetUser on arn:aws:cognito-idp:{HERE}:userpool/us-east-1_x"],
    ),
    ("apigatewaymanagementapi", "PostToConnection", {}, ["execute-api:ManageConnections on * or the like"]),
    ("bedrock-runtime", "Converse", {"modelId": "m"}, ["bedrock:InvokeModel on * or the like"]),
    ("sesv2", "SendEmail", {}, [f"ses:SendEmail on arn:aws:ses:{HERE}:identity/* or the like"]),
    ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::1:role/r"}, ["sts:AssumeRole on arn:aws:iam::1:role/r"]),
    ("textract", "DetectDocumentText", {}, ["textract:DetectDocumentText on * or the like"]),
]
SIGNED = {
    "dynamodbstreams": "dynamodb",
    "stepfunctions": "states",
    "cloudwatch": "monitoring",
    "sesv2": "ses",
    "apigatewaymanagementapi": "execute-api",
    "bedrock-runtime": "bedrock",
}


@pytest.mark.fidelity("IA16")
@pytest.mark.parametrize(("service", "operation", "parameters", "expected"), OTHERS)
def test_other_services(service: str, operation: str, parameters: dict[str, Any], expected: list[str]) -> None:
    """Actions that are called otherwise, and ARNs made of names, URLs and ARNs."""
    assert asked(service, operation, SIGNED.get(service, service), **parameters) == expected


@pytest.mark.fidelity("IA17")
@pytest.mark.parametrize(
    ("service", "operation"),
    [("sts", "GetCallerIdentity"), ("cognito-idp", "InitiateAuth"), ("dynamodb", "DescribeEndpoints")],
)
def test_what_anyone_may_call_asks_for_nothing(service: str, operation: str) -> None:
    """These need no policy."""
    assert asked(service, operation) == []


def test_the_partition_follows_the_region() -> None:
    """A table in China has an ARN of China's."""
    call = AwsCall(
        service="dynamodb",
        operation="GetItem",
        parameters={"TableName": "t"},
        started=Instant(0),
        ended=Instant(0),
        region="cn-north-1",
    )
    [permission] = permissions_of(call, ACCOUNT_ID)
    assert permission.resource == f"arn:aws-cn:dynamodb:cn-north-1:{ACCOUNT_ID}:table/t"


def test_api_gateways_own_api_is_not_modelled() -> None:
    """IAM knows it by HTTP methods, which the call doesn't tell."""
    with pytest.raises(NotModelled, match="apigateway:GetRestApis"):
        asked("apigateway", "GetRestApis", "apigateway")
