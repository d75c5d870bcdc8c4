"""Finds the subscriptions that end today, and hands each of them to the function that renews it."""

import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["SUBSCRIPTIONS_TABLE"])
queue = boto3.client("sqs")


def handler(event, context):
    today = event["time"][:10]
    ending = table.scan(FilterExpression="ends = :today", ExpressionAttributeValues={":today": today})["Items"]
    for subscription in ending:
        message = json.dumps({"id": subscription["id"], "ends": today})
        queue.send_message(QueueUrl=os.environ["RENEWALS_QUEUE"], MessageBody=message)
    return len(ending)
