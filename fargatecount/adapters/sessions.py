"""AWS sessions for the command line: a profile, a Region, a role to assume."""

from __future__ import annotations

import getpass
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import botocore.session
from botocore import exceptions
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)

from fargatecount.adapters.endpoints import check_ca_bundle
from fargatecount.adapters.no_answer import remedy_of, text_of
from fargatecount.adapters.region_access import explain_refusals
from fargatecount.adapters.request_log import log_requests_of
from fargatecount.errors import DeniedError, MisconfiguredError, ReasonCode, UnavailableError
from fargatecount.sources.rate_limiter import ThrottledError

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
"""Temporary credentials that are over, as JSON and query services, EC2 and S3 word it."""
REFUSED = EXPIRED | {
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
}
NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
"""The codes of `REFUSED` by which AWS has recognized the caller."""
THROTTLES = {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"}
NO_CREDENTIALS: tuple[type[BotoCoreError], ...] = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
    # The error of `aws login`, which the botocore of a Lambda runtime may be too old for.
    getattr(exceptions, "LoginError", NoCredentialsError),
)
"""Errors of a session without usable credentials."""
LOG_IN_ANEW = "log in again (aws sso login, or what issued the credentials), then run the command again"
MFA_AGAIN = "the credentials of a role with MFA last an hour: run the command again, and enter a new code"
LOG_IN = "set AWS_PROFILE, pass --profile, or log in (aws sso login)"


_REGION = re.compile(r"[a-z0-9-]{1,63}")
"""The characters of a host name: a Region that does not exist has no address then, and no request leaves."""


_DENIED_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
"""As IAM names the action: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""


@contextmanager
def aws_errors(doing: str, *, remedy: str = "", action: str = "") -> Iterator[None]:
    """Turn what boto3 raises into our errors.

    `doing` names in the text what was being done. Where AWS refuses it, `remedy` is what to do, and `action` the IAM action that was
    refused if AWS does not name it.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        text = f"{doing}: {code}: {error.response.get('Error', {}).get('Message', '')}"
        if code in REFUSED:
            may_not = code in NOT_ALLOWED
            told = LOG_IN_ANEW if code in EXPIRED else f"check the credentials and their permissions; {LOG_IN}"
            raise DeniedError(
                text,
                remedy=remedy if remedy and may_not else told,
                code=ReasonCode.ACTION_DENIED if may_not else ReasonCode.CREDENTIALS,
                denied_action=_denied_action(text, action) if may_not else "",
            ) from error
        if code in THROTTLES:
            raise ThrottledError(f"{doing} was throttled: {code}: {error.response.get('Error', {}).get('Message', '')}") from error
        raise UnavailableError(text) from error
    except NO_CREDENTIALS as error:
        told = MFA_AGAIN if isinstance(error, RefreshWithMFAUnsupportedError) else LOG_IN
        raise DeniedError(f"{doing}: {error}", remedy=told, code=ReasonCode.CREDENTIALS) from error
    except NoRegionError as error:
        raise MisconfiguredError(f"{doing}: no Region is set", remedy="set AWS_REGION or pass --region") from error
    except ProfileNotFound as error:
        raise MisconfiguredError(f"{doing}: {error}", remedy="`aws configure list-profiles` lists your profiles") from error
    except ParamValidationError as error:
        raise MisconfiguredError(f"{doing}: {error}", remedy="correct that value: botocore rejected it before AWS was called") from error
    except BotoCoreError as error:
        raise UnavailableError(f"{doing}: {text_of(error)}", remedy=remedy_of(error)) from error


def _denied_action(text: str, action: str) -> str:
    named = _DENIED_ACTION.search(text)
    return named.group(1) if named else action


def open_core_session(*, region: str | None, profile: str | None, role_arn: str | None, else_region: str | None = None) -> Any:
    """Return a botocore session that has credentials and a Region: boto3 around it costs a tenth of a short command's time.

    `else_region` applies where neither the caller nor the profile nor the environment names one.

    Raises:
        MisconfiguredError: no such profile, or no Region.
        DeniedError: no credentials, or the role was refused.
        UnavailableError: STS did not answer.
    """
    with aws_errors("opening an AWS session"):
        session = botocore.session.Session(profile=profile)
        log_requests_of(session)
        explain_refusals(session)
        session.set_config_variable("region", region or session.get_config_variable("region") or else_region)
        found = session.get_config_variable("region")
        if found is None:
            raise NoRegionError
        if not _REGION.fullmatch(found):
            raise MisconfiguredError(
                f"{found!r} is not a Region", remedy="check --region, AWS_REGION and the profile; a Region looks like eu-west-1"
            )
        check_ca_bundle(session.get_config_variable("ca_bundle"))
        _resolve(session)
    return session if role_arn is None else assumed_session(session, session.create_client("sts"), role_arn)


def assumed_session(session: Any, sts: Any, role_arn: str, *, external_id: str = "", remedy: str = "") -> Any:
    """Return a botocore session with the credentials of a role, in the Region of `session`, whose client `sts` assumes it.

    `external_id` is what the trust policy of the role asks for, empty for nothing; `remedy` is what to do where the role is refused.

    Raises:
        DeniedError: the role was refused, or there is none. UnavailableError: STS did not answer.
    """

    def assume() -> dict[str, str]:
        named = {"ExternalId": external_id} if external_id else {}
        with aws_errors(f"assuming {role_arn}", remedy=remedy):
            answer = sts.assume_role(RoleArn=role_arn, RoleSessionName="fargatecount", **named)["Credentials"]
        expiry: datetime = answer["Expiration"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": expiry.isoformat(),
        }

    assumed: Any = botocore.session.Session()
    # What botocore knows of AWS takes a tenth of a second to load: a session for each of a thousand accounts must not load it again.
    assumed.register_component("data_loader", session.get_component("data_loader"))
    log_requests_of(assumed)
    explain_refusals(assumed)
    assumed.set_config_variable("region", session.get_config_variable("region"))
    # They expire after an hour, which a rebuild and a live page outlast. botocore has no public way to set credentials that refresh.
    assumed._credentials = RefreshableCredentials.create_from_metadata(assume(), assume, "assume-role")  # noqa: SLF001
    return assumed


def _resolve(session: Any) -> None:
    """Get the credentials now, which the first request would need anyway: the profile that they fail by is known here.

    A profile with an MFA device asks for the code on the terminal.
    """
    profile = session.get_config_variable("profile") or "default"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", getpass.GetPassWarning)  # a pipe may give the code where there is no terminal
            credentials = session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            credentials.get_frozen_credentials()
    except EOFError as error:
        raise DeniedError(
            f"profile {profile!r} needs an MFA code, and there is no terminal to ask for it",
            remedy=f'get credentials first: eval "$(aws configure export-credentials --profile {profile} --format env)"',
            code=ReasonCode.CREDENTIALS,
        ) from error
    except (SSOError, TokenRetrievalError) as error:
        raise DeniedError(
            f"the login of profile {profile!r} is over or never was: {error}",
            remedy=f"log in: aws sso login --profile {profile}",
            code=ReasonCode.CREDENTIALS,
        ) from error
