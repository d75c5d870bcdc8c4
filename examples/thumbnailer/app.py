"""Writes a captioned thumbnail of every photo that arrives in the photo bucket."""

import io
import logging
import os
from urllib.parse import unquote_plus

import boto3
import fonts
import imaging

logger = logging.getLogger()
logger.setLevel(logging.INFO)

s3 = boto3.client("s3")

THUMBNAIL_BUCKET = os.environ["THUMBNAIL_BUCKET"]
WIDTH = int(os.environ.get("THUMBNAIL_WIDTH", "320"))
CAPTION = os.environ.get("CAPTION", "")


def handler(event, context):
    font = fonts.caption_font(s3)
    made = []
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        photo = os.path.join("/tmp", os.path.basename(key))
        s3.download_file(bucket, key, photo)
        thumbnail = imaging.thumbnail(photo, WIDTH, CAPTION, font)
        s3.upload_fileobj(io.BytesIO(thumbnail), THUMBNAIL_BUCKET, key, ExtraArgs={"ContentType": "image/jpeg"})
        os.remove(photo)
        logger.info("%s: thumbnail of %d bytes", key, len(thumbnail))
        made.append(key)
    return {"thumbnails": made}
