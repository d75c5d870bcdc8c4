"""The only module that knows moto: a long poll takes virtual time, whoever polls; and AWS has files of its own.

moto's ``receive_message`` waits for messages until its clock says that ``WaitTimeSeconds`` are over. On the test's own
thread waits are real and the clock stands still, so the two would never meet (moto 5.1.21 to 5.2.5). There a poll
advances the service instead: what is due in the meantime runs, and may bring the message.

moto answers on the handler's own thread, but what it does is AWS's doing: a large object of S3 that it keeps in a
temporary file takes no room in the handler's ``/tmp``, and the file system is not read-only for it.
"""

from __future__ import annotations

from typing import Any

from pytest_lambda_env.bridges.tap import Method, Tap
from pytest_lambda_env.runtime.current import current, real_files
from pytest_lambda_env.simulation.instant import microseconds


def _polling(real_wait: Method) -> Method:
    def wait_for_messages(self: Any, timeout: float) -> None:
        clock = current.clock
        if clock is None or clock.virtual_waits:
            real_wait(self, timeout)
        elif not self.messages:
            clock.sleep(microseconds(timeout))

    return wait_for_messages


def _with_real_files(real_answer: Method) -> Method:
    def answer(self: Any, *args: Any, **kwargs: Any) -> Any:
        if current.files is None:
            return real_answer(self, *args, **kwargs)
        with real_files():
            return real_answer(self, *args, **kwargs)

    return answer


FILES_TAP = Tap("moto.core.botocore_stubber", "BotocoreStubber", "__call__", _with_real_files)
TAP = Tap("moto.sqs.models", "Queue", "wait_for_messages", _polling)
