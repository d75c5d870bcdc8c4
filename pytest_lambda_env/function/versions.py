"""Publishing versions."""

from __future__ import annotations

from pytest_lambda_env.control.code_digest import code_sha256
from pytest_lambda_env.control.function import FunctionVersion
from pytest_lambda_env.control.versions import publish_version
from pytest_lambda_env.function.handle import FunctionHandle
from pytest_lambda_env.runtime.current import real_files


class Versions(FunctionHandle):
    """``PublishVersion`` and ``ListVersionsByFunction``."""

    def publish_version(
        self, description: str | None = None, *, code_sha256: str | None = None, revision_id: str | None = None
    ) -> FunctionVersion:
        """Publish ``$LATEST`` as it is now: code, configuration and variables of the version never change (V05).

        Give the result, or its number, as a ``qualifier``. If nothing has changed since the last version, that one is
        given again (V06). ``code_sha256`` and ``revision_id`` must be those of ``$LATEST``, if given (V07, V33).
        The files below the task root are copied, but for hidden directories and virtual environments, and the copy is
        what runs once they have changed.
        https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
        """
        with real_files():
            version = publish_version(
                self._function,
                description=description,
                expected_sha256=code_sha256,
                revision_id=revision_id,
                new_revision_id=self._engine.entropy.uuid4("revision-ids"),
                directory=self._engine.code.directory,
            )
            self._engine.changes.code_changed(self._function)
        return version

    @property
    def code_sha256(self) -> str:
        """The digest of the code of ``$LATEST`` as it lies there now, in base64."""
        with real_files():
            return code_sha256(self._function.latest.code)

    @property
    def revision_id(self) -> str:
        """Changes with every update of ``$LATEST``."""
        return self._function.revision_id

    @property
    def versions(self) -> list[FunctionVersion]:
        """``$LATEST`` and the published versions, oldest first."""
        return [self._function.latest, *self._function.versions.values()]
