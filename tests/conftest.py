"""What every test gets."""

from __future__ import annotations

import freezegun
from hypothesis import settings

pytest_plugins = ["pytester"]

# The same examples in each run, no database between runs, and no limit that a busy machine could break.
settings.load_profile("ci")

# freezegun reads every attribute of every module; in pydantic's that builds lazy models, which refuse its fakes and
# leave a freeze half begun.
freezegun.configure(extend_ignore_list=["pydantic", "aws_lambda_powertools"])
