"""The caption's font. It comes from S3 and is kept in /tmp, which lasts longer than one invocation."""

import logging
import os

ASSET_BUCKET = os.environ["ASSET_BUCKET"]
PATH = "/tmp/fonts/caption.ttf"

logger = logging.getLogger(__name__)


def caption_font(s3):
    """The font's bytes, downloaded only if this environment's /tmp doesn't hold them yet."""
    if not os.path.exists(PATH):
        os.makedirs(os.path.dirname(PATH), exist_ok=True)
        s3.download_file(ASSET_BUCKET, "caption.ttf", PATH)
        logger.info("font downloaded to %s", PATH)
    with open(PATH, "rb") as file:
        return file.read()
