"""The only module that knows moto: it runs outside of environments, and a long poll takes virtual time.

moto answers an AWS call in the thread that makes it. What it does there is AWS's work, not the handler's: its files
(S3 keeps large objects in temporary ones) do not belong to the environment's ``/tmp``, its threads not to the process;
the death of a process must not cut an answer in two, nor shut a door before it. So it runs as nobody's code, but with
the handler's clock, and a process that has died meanwhile is unwound when AWS has answered. Mocks of ``requests`` that
a test makes itself (``responses``) are the test's business.

moto's ``receive_message`` waits for messages until its clock says that ``WaitTimeSeconds`` are over. On the test's own
thread waits are real and the clock stands still, so the two would never meet (moto 5.1.21 to 5.2.5). There a poll
advances the service instead: what is due in the meantime runs, and may bring the message.

moto answers on the handler's own thread, but what it does is AWS's doing: a large object of S3 that it keeps in a
temporary file takes no room in the handler's ``/tmp``, and the file system is not read-only for it.
"""

from __future__ import annotations

from typing import Any

from pytest_lambda_env.bridges.tap import Method, Tap
from pytest_lambda_env.runtime.current import NOBODY, current
from pytest_lambda_env.simulation.instant import microseconds


def _polling(real_wait: Method) -> Method:
    def wait_for_messages(self: Any, timeout: float) -> None:
        clock = current.clock
        if clock is None or clock.virtual_waits:
            real_wait(self, timeout)
        elif not self.messages:
            clock.sleep(microseconds(timeout))

    return wait_for_messages


def _as_nobody(real_answer: Method) -> Method:
    def answer(self: Any, event_name: str, request: Any, **kwargs: Any) -> Any:
        own, life = current.save(), current.life
        if life is None:
            return real_answer(self, event_name, request, **kwargs)
        clock = current.clock
        current.restore(NOBODY)
        current.clock = clock
        try:
            return real_answer(self, event_name, request, **kwargs)
        finally:
            current.restore(own)
            life.check()

    return answer


TAPS = (
    Tap("moto.sqs.models", "Queue", "wait_for_messages", _polling),
    Tap("moto.core.botocore_stubber", "BotocoreStubber", "__call__", _as_nobody),
)
