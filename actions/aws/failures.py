"""What can go wrong between us and AWS, with the class of each failure."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as NotReached

from tocsin.errors import ActionFailed, ErrorClass

_KINDS = {
    ErrorClass.MISSING: (
        "AWS.SimpleQueueService.NonExistentQueue",
        "AutomationDefinitionNotFoundException",
        "AutomationDefinitionVersionNotFoundException",
        "AutomationExecutionNotFoundException",
        "ClusterNotFoundException",
        "DBClusterNotFoundFault",
        "DBInstanceNotFound",
        "GlobalClusterNotFoundFault",
        "InvalidDocument",
        "InvalidDocumentVersion",
        "InvalidInstanceID.NotFound",
        "InvalidVolume.NotFound",
        "InvocationDoesNotExist",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchHostedZone",
        "NodeGroupNotFoundFault",
        "QueueDoesNotExist",
        "ReplicationConfigurationNotFoundError",
        "ReplicationGroupNotFoundFault",
        "ResourceNotFoundException",
        "RuleNotFound",
        "ServiceNotFoundException",
        "TargetGroupNotFound",
        "WAFNonexistentItemException",
    ),
    ErrorClass.CONFLICT: (
        "ConflictException",
        "IncorrectInstanceState",
        "IncorrectModificationState",
        "IncorrectState",
        "InstanceRefreshInProgress",
        "InvalidCacheClusterState",
        "InvalidDBClusterStateFault",
        "InvalidDBInstanceState",
        "InvalidGlobalClusterStateFault",
        "InvalidReplicationGroupState",
        "PreconditionFailedException",
        "PriorRequestNotComplete",
        "ResourceConflictException",
        "ResourceContention",
        "ResourceInUseException",
        "ScalingActivityInProgress",
        "ServiceNotActiveException",
        "WAFOptimisticLockException",
    ),
    ErrorClass.THROTTLED: (
        "APICallRateForCustomerExceeded",
        "AutomationExecutionLimitExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    ),
    ErrorClass.DENIED: (
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    ),
}
_CODES = {code: kind for kind, codes in _KINDS.items() for code in codes}


@contextmanager
def told(name: str) -> Iterator[None]:
    """Raise every failure of a client as ActionFailed; ``name`` is the connection's."""
    try:
        yield
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        raise ActionFailed(f"{name} answered {code}: {said}", _kind(error)) from None
    except NotReached as error:
        raise ActionFailed(
            f"{name} cannot be reached ({type(error).__name__}); nothing was changed.", ErrorClass.TRANSIENT
        ) from None
    except HTTPClientError as error:
        raise ActionFailed(
            f"{name} took the request and did not answer ({type(error).__name__});"
            " whether it happened is not known.",
            ErrorClass.TIMEOUT,
        ) from None
    except (NoCredentialsError, PartialCredentialsError):
        raise ActionFailed(
            f"{name} has no credentials; nothing was changed. Give them to the service or in tocsin.yaml.",
            ErrorClass.DENIED,
        ) from None
    except BotoCoreError as error:
        raise ActionFailed(f"{name} cannot be used: {error}", ErrorClass.INVALID) from None


def _kind(error: ClientError) -> ErrorClass:
    code = error.response["Error"]["Code"]
    if code in _CODES:
        return _CODES[code]
    if code == "ValidationError" and "does not exist" in error.response["Error"].get("Message", ""):
        return ErrorClass.MISSING  # CloudFormation has no code of its own for it
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 500)
    return ErrorClass.TRANSIENT if status >= 500 else ErrorClass.INVALID
