"""Classes that stand for real ones of the standard library while doors are open."""

from __future__ import annotations


class Lookalike(type):
    """Makes a class stand for the real one it names in ``isinstance``, ``issubclass``, ``==`` and ``hash``.

    Classes that user code derives from such a class are ordinary ones.
    """

    def _stands_for(cls) -> type:
        real = cls.__dict__.get("_real", cls)
        assert isinstance(real, type)
        return real

    def __instancecheck__(cls, instance: object) -> bool:
        return type.__instancecheck__(cls._stands_for(), instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return type.__subclasscheck__(cls._stands_for(), subclass)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls._stands_for()

    def __hash__(cls) -> int:
        return type.__hash__(cls._stands_for())
