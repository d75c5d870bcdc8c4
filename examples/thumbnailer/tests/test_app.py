import io
import os
import time
from datetime import timedelta

import pytest
from PIL import Image

VARIABLES = {"ASSET_BUCKET": "assets", "THUMBNAIL_BUCKET": "thumbnails", "CAPTION": "(c) Ada"}

pytestmark = [
    pytest.mark.usefixtures("s3"),
    pytest.mark.lambda_function(
        "app.handler",
        timeout=30,
        memory_size=512,
        environment=VARIABLES,
    ),
]


@pytest.fixture
def upload(lambda_events):
    """What S3 sends to the function. In the event, the key's space is a plus sign."""
    return lambda_events.s3.object_created("photos", "2026/summer harbour.jpg")


def downloads(response):
    return [call.parameters["Key"] for call in response.aws_calls if call.operation == "GetObject"]


def test_an_uploaded_photo_gets_a_thumbnail(lambda_function, upload, s3):
    response = lambda_function.invoke(upload).raise_for_error()

    assert response.payload == {"thumbnails": ["2026/summer harbour.jpg"]}
    stored = s3.get_object(Bucket="thumbnails", Key="2026/summer harbour.jpg")
    assert stored["ContentType"] == "image/jpeg"
    assert Image.open(io.BytesIO(stored["Body"].read())).size == (320, 213)


def test_the_first_invocation_is_cold_and_the_next_is_warm(lambda_function, upload):
    first = lambda_function.invoke(upload)
    second = lambda_function.invoke(upload)

    assert first.cold_start
    assert not second.cold_start
    assert first.environment is second.environment


def test_the_font_is_downloaded_once_and_again_in_a_new_environment(lambda_function, upload):
    assert downloads(lambda_function.invoke(upload)) == ["caption.ttf", "2026/summer harbour.jpg"]
    assert downloads(lambda_function.invoke(upload)) == ["2026/summer harbour.jpg"]

    lambda_function.recycle_environments()
    assert downloads(lambda_function.invoke(upload)) == ["caption.ttf", "2026/summer harbour.jpg"]


def test_the_font_in_tmp_survives_a_timeout(lambda_function, upload, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "thumbnail", lambda *size: time.sleep(3600))
        killed = lambda_function.invoke(upload)
    assert killed.payload["errorType"] == "Sandbox.Timedout"
    assert killed.duration == timedelta(seconds=30)

    # The process was killed, so the modules are imported anew. The sandbox and its /tmp are still the same.
    after = lambda_function.invoke(upload).raise_for_error()
    assert after.cold_start
    assert after.environment is killed.environment
    assert downloads(after) == ["2026/summer harbour.jpg"]


def test_photos_do_not_pile_up_in_tmp(lambda_function, upload):
    for _ in range(3):
        response = lambda_function.invoke(upload)

    assert os.listdir(response.environment.tmp) == ["fonts"]


def test_a_broken_photo_is_an_error_and_leaves_no_thumbnail(lambda_function, upload, s3):
    s3.put_object(Bucket="photos", Key="2026/summer harbour.jpg", Body=b"not a photo")
    response = lambda_function.invoke(upload)

    assert response.payload["errorType"] == "UnidentifiedImageError"
    assert "[ERROR] UnidentifiedImageError" in response.logs
    assert s3.list_objects_v2(Bucket="thumbnails")["KeyCount"] == 0


def test_variables_are_read_when_the_function_starts(lambda_function, upload, s3):
    lambda_function.invoke(upload)
    lambda_function.update_configuration(environment={**VARIABLES, "THUMBNAIL_WIDTH": "96"})
    response = lambda_function.invoke(upload)

    assert response.cold_start
    stored = s3.get_object(Bucket="thumbnails", Key="2026/summer harbour.jpg")
    assert Image.open(stored["Body"]).width == 96
    assert "THUMBNAIL_WIDTH" not in os.environ


def test_the_log_says_what_was_made(lambda_function, upload):
    cold = lambda_function.invoke(upload).logs
    assert "font downloaded to /tmp/fonts/caption.ttf" in cold
    assert "\t2026/summer harbour.jpg: thumbnail of " in cold

    warm = lambda_function.invoke(upload)
    assert "font downloaded" not in warm.logs
    assert warm.report.startswith(f"REPORT RequestId: {warm.request_id}\t")
