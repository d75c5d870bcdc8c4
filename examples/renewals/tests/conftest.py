from pathlib import Path

import boto3
import pytest
from moto import mock_aws


@pytest.fixture(scope="session")
def lambda_task_root():
    return Path(__file__).parents[1]


@pytest.fixture
def aws():
    with mock_aws():
        yield


@pytest.fixture
def table(aws):
    return boto3.resource("dynamodb", region_name="us-east-1").create_table(
        TableName="subscriptions",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def queue(aws):
    return boto3.resource("sqs", region_name="us-east-1").create_queue(QueueName="renewals")


@pytest.fixture
def nightly(aws_lambda, table, queue):
    return aws_lambda.create_function(
        "nightly.handler",
        timeout=60,
        environment={"SUBSCRIPTIONS_TABLE": "subscriptions", "RENEWALS_QUEUE": queue.url},
    )


@pytest.fixture
def renew(aws_lambda, table):
    return aws_lambda.create_function("renew.handler", environment={"SUBSCRIPTIONS_TABLE": "subscriptions"})


@pytest.fixture
def subscribe(table):
    def subscribe(subscription, ends, card="valid"):
        table.put_item(Item={"id": subscription, "ends": ends, "card": card, "price": 12})

    return subscribe
