"""Where programs patch third parties when they start: an application's tracing, a retry, a fake.

A library that patches another one (X-Ray's ``patch_all``) remembers so in its own module: see ``fresh_packages`` of
:class:`~pytest_lambda_env.LambdaService`.
"""

from __future__ import annotations

PATCHED = (
    *("boto3", "botocore.auth", "botocore.client:BaseClient", "botocore.credentials", "botocore.endpoint:Endpoint"),
    *("botocore.httpsession:URLLib3Session", "boto3.session:Session", "botocore.session:Session"),
    *("requests", "requests.adapters:HTTPAdapter", "requests.sessions:Session"),
    *("urllib3", "urllib3.connectionpool:HTTPConnectionPool", "urllib3.poolmanager:PoolManager"),
    *("httpx", "httpx:Client", "httpx:AsyncClient", "aiohttp:ClientSession", "pymysql", "psycopg2", "pymongo"),
)
