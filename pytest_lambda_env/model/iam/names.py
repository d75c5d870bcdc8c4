"""What IAM calls services and operations otherwise than botocore does.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping

PREFIXES: Mapping[str, str] = {
    "IoTSecuredTunneling": "iot",
    "cloudcontrolapi": "cloudformation",
    "iotdata": "iot",
    "monitoring": "cloudwatch",
    "mturk-requester": "mechanicalturk",
    "tagging": "tag",
}
"""By the name that a service's requests are signed with, which is IAM's own elsewhere."""

_ACTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "lambda": {
        "GetLayerVersionByArn": ("lambda:GetLayerVersion",),
        "Invoke": ("lambda:InvokeFunction",),
        "InvokeAsync": ("lambda:InvokeFunction",),
        "InvokeWithResponseStream": ("lambda:InvokeFunction",),
    },
    "sqs": {
        "ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
        "DeleteMessageBatch": ("sqs:DeleteMessage",),
        "SendMessageBatch": ("sqs:SendMessage",),
    },
    "sns": {"PublishBatch": ("sns:Publish",)},
    "apigatewaymanagementapi": {
        "DeleteConnection": ("execute-api:ManageConnections",),
        "GetConnection": ("execute-api:ManageConnections",),
        "PostToConnection": ("execute-api:ManageConnections",),
    },
    "bedrock-runtime": {
        "Converse": ("bedrock:InvokeModel",),
        "ConverseStream": ("bedrock:InvokeModelWithResponseStream",),
    },
}

PERMISSIONLESS: Mapping[str, frozenset[str]] = {
    "sts": frozenset(
        {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetAccessKeyInfo", "GetCallerIdentity", "GetSessionToken"}
    ),
    "dynamodb": frozenset({"DescribeEndpoints"}),
    "cognito-identity": frozenset(
        {"GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "UnlinkIdentity"},
    ),
    "cognito-idp": frozenset(
        {
            *("AssociateSoftwareToken", "ChangePassword", "ConfirmDevice", "ConfirmForgotPassword", "ConfirmSignUp"),
            *("DeleteUser", "DeleteUserAttributes", "ForgetDevice", "ForgotPassword", "GetDevice", "GetUser"),
            *("GetUserAttributeVerificationCode", "GlobalSignOut", "InitiateAuth", "ListDevices"),
            *("ResendConfirmationCode", "RespondToAuthChallenge", "RevokeToken", "SetUserMFAPreference"),
            *("SetUserSettings", "SignUp", "UpdateAuthEventFeedback", "UpdateDeviceStatus", "UpdateUserAttributes"),
            *("VerifySoftwareToken", "VerifyUserAttribute"),
        }
    ),
}
"""Operations that anyone may call: they are not signed, or not checked."""


def actions(service: str, operation: str, prefix: str) -> tuple[str, ...]:
    """The actions of an operation: ``prefix:operation`` unless IAM calls it otherwise."""
    return _ACTIONS.get(service, {}).get(operation) or (f"{prefix}:{operation}",)


def renamed() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The operations, by service, whose actions don't follow from their names."""
    return _ACTIONS
