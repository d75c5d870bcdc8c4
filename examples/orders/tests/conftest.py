import io
import json
import time
from pathlib import Path

import boto3
import pytest
from moto import mock_aws


@pytest.fixture
def lambda_task_root():
    """Where "app.handler" is looked up: this service's own folder."""
    return Path(__file__).parents[1]


@pytest.fixture
def orders():
    """DynamoDB with the function's two tables: orders, which is given to the test, and idempotency."""
    with mock_aws():
        dynamodb = boto3.resource("dynamodb", region_name="us-east-1")
        create_table(dynamodb, "idempotency", key="id")
        yield create_table(dynamodb, "orders", key="order_id")


def create_table(dynamodb, name, key):
    return dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


class PaymentProvider:
    """Stands in for the provider's HTTP API, remembers what it was asked to charge, and can be slow."""

    def __init__(self):
        self.charged = []
        self.seconds = 0.2

    def urlopen(self, request):
        time.sleep(self.seconds)
        self.charged.append(json.loads(request.data)["reference"])
        return io.BytesIO(json.dumps({"receipt": f"R-{len(self.charged)}"}).encode())


@pytest.fixture
def provider(monkeypatch):
    provider = PaymentProvider()
    monkeypatch.setattr("urllib.request.urlopen", provider.urlopen)
    return provider
