"""Receives webhooks behind a load balancer, and passes them on while the sender waits."""

import base64
import json
import logging

import signature
import upstream

logger = logging.getLogger()

# Waiting ends this long before the time limit: the sender gets an answer from us, not the load balancer's bare 502.
RESERVE_SECONDS = 0.5


def handler(event, context):
    if event["path"] == "/health":
        return answer(200, {"status": "ok"})

    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    try:
        signature.verify(event["multiValueHeaders"].get("x-signature", []), body)
    except signature.Invalid as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return answer(401, {"error": str(reason)})

    patience = context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    try:
        ticket = upstream.forward(body, timeout=patience)
    except TimeoutError:
        logger.warning("upstream is too slow", extra={"waited_seconds": patience})
        return answer(504, {"error": "upstream is too slow, please retry"}, {"retry-after": ["60"]})
    logger.info("accepted", extra={"ticket": ticket})
    return answer(202, {"ticket": ticket}, {"set-cookie": [f"ticket={ticket}", "returning=1"]})


def answer(status, body, headers=None):
    return {
        "statusCode": status,
        "multiValueHeaders": {"content-type": ["application/json"], **(headers or {})},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
