"""What happens to the pixels. Knows nothing of S3 or Lambda."""

import io

from PIL import Image, ImageDraw, ImageFont, ImageOps


def thumbnail(photo, width, caption, font):
    """The JPEG bytes of a smaller copy of the file ``photo``, with ``caption`` in its lower left corner."""
    with Image.open(photo) as original:
        picture = ImageOps.exif_transpose(original).convert("RGB")
    picture.thumbnail((width, width))
    if caption:
        _write(picture, caption, font)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _write(picture, caption, font):
    size = max(10, picture.width // 20)
    ImageDraw.Draw(picture).text(
        (size // 2, picture.height - size * 3 // 2),
        caption,
        font=ImageFont.truetype(io.BytesIO(font), size),
        fill="white",
        stroke_width=1,
        stroke_fill="black",
    )
