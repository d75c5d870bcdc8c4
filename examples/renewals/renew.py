"""Charges one subscription and lets it run for another month."""

import datetime
import os
import time

import boto3

table = boto3.resource("dynamodb").Table(os.environ["SUBSCRIPTIONS_TABLE"])
PRICE_FACTOR = int(os.environ.get("PRICE_FACTOR", "1"))


class CardDeclined(Exception):
    pass


def charge(subscription):
    time.sleep(0.4)  # the card network takes its time
    if subscription["card"] == "expired":
        raise CardDeclined(subscription["id"])
    return int(subscription["price"]) * PRICE_FACTOR


def handler(event, context):
    subscription = table.get_item(Key={"id": event["id"]})["Item"]
    if subscription["ends"] != event["ends"]:
        return None  # renewed already: this event has come twice
    paid = charge(subscription)
    ends = datetime.date.fromisoformat(subscription["ends"]) + datetime.timedelta(days=30)
    table.update_item(
        Key={"id": event["id"]},
        ConditionExpression="ends = :before",
        UpdateExpression="SET ends = :ends, paid = :paid",
        ExpressionAttributeValues={":before": subscription["ends"], ":ends": ends.isoformat(), ":paid": paid},
    )
    return paid
