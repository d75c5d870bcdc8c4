"""Events as AWS services send them, one module per service.

``from pytest_lambda_env import events``, then ``events.s3.object_created("photos", "my cat.jpg")``. Every builder
returns a whole event, ready for a handler: a plain dict of JSON values, annotated so that editors complete its keys.

How a module for a service is made (a further one follows the same pattern):

* A builder is named after what happened or what is delivered (``object_created``, ``notification``, ``messages``,
  ``request``). What every call must say is positional; everything else is keyword-only, under AWS's own name in
  ``snake_case``, with a default that fits the rest.
* Any value that differs between events can be given. What is not given comes from the current stamp (:mod:`.stamp`):
  the time, ids that never repeat, the region and the account. The same stamp state gives the same event.
* A resource is a name or an ARN (:func:`.choice.resource`). Derived values (ARNs, digests, lengths, encodings) are
  computed, never asked for.
* A body is text or a JSON value, and another builder's event is a JSON value (:mod:`.payload`): so events chain,
  each link nested as AWS nests it.
* A builder of several records takes their contents as ``*args`` and shares its options; one of a single record has all
  options; ``batch(*events)`` joins events of one source.
* The shape is a TypedDict in the service's module, keys in the order in which AWS sends them, and the module's
  docstring names the recording or the page that it follows.
* A wrong value is a :class:`~pytest_lambda_env.errors.UsageError` that names the option and what would be right.
* Every public builder has a doctest, and is read back in the tests by a reader that isn't ours.
"""

from pytest_lambda_env.events import alb, destinations, eventbridge, kinesis, s3, sns, sqs

__all__ = ["alb", "destinations", "eventbridge", "kinesis", "s3", "sns", "sqs"]
