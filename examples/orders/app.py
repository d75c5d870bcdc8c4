"""Takes orders from a queue, charges each of them once, and stores them."""

import os

import payments
import store
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

logger = Logger(service="orders")
processor = BatchProcessor(event_type=EventType.SQS)
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
once = IdempotencyConfig(event_key_jmespath="order_id", expires_after_seconds=3600)


@logger.inject_lambda_context
def handler(event, context):
    once.register_lambda_context(context)
    return process_partial_response(event, handle_message, processor, context)


def handle_message(record):
    order = record.json_body
    with logger.append_context_keys(order_id=order["order_id"]):
        try:
            return process(order=order)
        except payments.Refused:
            logger.warning("payment refused")
            raise


@idempotent_function(data_keyword_argument="order", config=once, persistence_store=persistence)
def process(order):
    receipt = payments.charge(order["order_id"], order["amount"])
    store.save(order, receipt)
    logger.info("order paid", receipt=receipt)
    return {"receipt": receipt}
