"""MLflow's `runs/log-batch`, by the standard library."""

import base64
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, Mapping, Sequence, Tuple

from ._values import Metric

#: Statuses by which MLflow refuses values for what they are. Anything else may pass later: a login can be renewed, and a
#: page that is not MLflow's comes from a proxy.
REFUSALS = (400, 404, 409, 413, 422)
#: Seconds until a request counts as failed. The training waits for this once; later tries are made beside it.
TIMEOUT = 30.0


class Refused(Exception):
    """The tracking server will never take this. `gone`: the run does not exist any more."""

    def __init__(self, message: str, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


class Unreachable(Exception):
    """The tracking server does not take it now."""


class Rest:
    """One run on a tracking server. MLflow's own variables for logins and certificates hold."""

    def __init__(self, uri: str, run_id: str) -> None:
        parts = urllib.parse.urlsplit(uri)
        login, host = parts.netloc.rpartition("@")[::2]
        root = urllib.parse.urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        self._url = root + "/api/2.0/mlflow/runs/log-batch"
        self._run_id = run_id
        self._headers = {"Content-Type": "application/json", "User-Agent": "sweepml", **_authorisation(login)}
        handlers = [urllib.request.HTTPSHandler(context=_certificates())] if parts.scheme == "https" else []
        self._opener = urllib.request.build_opener(*handlers)

    def send(
        self,
        metrics: Sequence[Metric] = (),
        params: Sequence[Tuple[str, str]] = (),
        tags: Sequence[Tuple[str, str]] = (),
    ) -> None:
        """Logs a batch; sent twice it is there once, since MLflow keeps equal values once."""
        body = {
            "run_id": self._run_id,
            "metrics": [metric.as_json() for metric in metrics],
            "params": [{"key": key, "value": value} for key, value in params],
            "tags": [{"key": key, "value": value} for key, value in tags],
        }
        data = json.dumps(body).encode("utf-8")
        request = urllib.request.Request(self._url, data=data, headers=self._headers, method="POST")
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                found = _object(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                found = _object(error.read())
            message = str(found.get("message", "")) or f"HTTP status {error.code}"
            if error.code in REFUSALS and "error_code" in found:
                raise Refused(message, found["error_code"] == "RESOURCE_DOES_NOT_EXIST") from None
            raise Unreachable(message) from None
        except (OSError, ValueError) as error:  # Refused connections, time-outs, answers that are cut off.
            raise Unreachable(str(error)) from error
        except Exception as error:  # http.client has errors that are no OSError.
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        if found.get("not an object"):
            raise Unreachable("the answer is not MLflow's")


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text.decode("utf-8"))
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"not an object": True}


def _authorisation(login: str) -> Dict[str, str]:
    user, password = (urllib.parse.unquote(part) for part in login.partition(":")[::2])
    user = os.environ.get("MLFLOW_TRACKING_USERNAME") or user
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD") or password
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if user and password:
        pair = base64.b64encode(f"{user}:{password}".encode("utf-8")).decode("ascii")
        return {"Authorization": f"Basic {pair}"}
    return {"Authorization": f"Bearer {token}"} if token else {}


def _certificates() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or None)
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    own = os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH")
    if own:
        context.load_cert_chain(own)
    return context
