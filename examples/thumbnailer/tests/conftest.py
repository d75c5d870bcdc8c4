from pathlib import Path

import boto3
import pytest
from moto import mock_aws

HERE = Path(__file__).parent


@pytest.fixture
def lambda_task_root():
    """Where "app.handler" is looked up: this service's own folder."""
    return Path(__file__).parents[1]


@pytest.fixture
def s3():
    """S3 with a photo in one bucket, the font in another, and a third one for the thumbnails."""
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        for bucket in ("photos", "assets", "thumbnails"):
            s3.create_bucket(Bucket=bucket)
        s3.upload_file(str(HERE / "harbour.jpg"), "photos", "2026/summer harbour.jpg")
        s3.upload_file(str(HERE / "caption.ttf"), "assets", "caption.ttf")
        yield s3
