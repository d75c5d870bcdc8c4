"""The table of orders."""

import os
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


def save(order, receipt):
    table.put_item(
        Item={
            "order_id": order["order_id"],
            "amount": Decimal(str(order["amount"])),
            "receipt": receipt,
            "status": "PAID",
        }
    )
