"""A handler that does a bit of everything, as one that means well does."""

from __future__ import annotations

import json
import logging
import os
import time
from decimal import Decimal
from typing import Any

import boto3


def handler(event: Any, context: Any) -> Any:
    """Print, log, sleep, write, and call AWS."""
    print("printed", event["number"])
    logging.getLogger(__name__).warning("logged")
    began = time.time()
    time.sleep(event["number"])
    with open("/tmp/note", "w") as file:
        file.write(json.dumps(event))
    return {
        "account": boto3.client("sts", region_name=os.environ["AWS_REGION"]).get_caller_identity()["Account"],
        "slept": time.time() - began,
        "files": os.listdir("/tmp"),
        "third": str(Decimal(1) / 3),
    }
