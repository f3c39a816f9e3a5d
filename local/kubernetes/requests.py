"""The requests of a simulated cluster: reads and watches, changes of pods, roles, and the control path.

The rules behind them are those of the modules beside this one; here a request is allowed, done and answered.
"""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from local.kubernetes import listing, stream
from local.kubernetes.cluster import CONTROLS
from local.kubernetes.core_requests import CoreRequests
from local.kubernetes.http import JSON, Route
from local.kubernetes.refusal import RefusalError, bad_request, expired, not_found
from local.kubernetes.rights import GROUP, KINDS
from local.kubernetes.selector import parse

DEFAULT_SECONDS: Final = 1800
"""How long a watch lasts that does not say: `--min-request-timeout` of the API server."""

_POD: Final = r"/api/v1/namespaces/(?P<namespace>[^/]+)/pods"
_RIGHTS: Final = rf"/apis/{GROUP}/v1/(?P<kind>{'|'.join(KINDS)})"
_NAME: Final = r"/(?P<name>[^/]+)"
_VERBS: Final = {"PUT": "update", "PATCH": "patch"}


class PodRequests(CoreRequests):
    """The routes of the API, and what they do."""

    routes: ClassVar[Sequence[Route]] = tuple(
        (method, re.compile(pattern), name)
        for method, pattern, name in (
            ("GET", r"/(?:readyz|livez|healthz)", "say_ready"),
            ("GET", rf"/api/v1/pods|{_POD}", "read_pods"),
            ("GET", _POD + _NAME, "read_pod"),
            ("POST", _POD, "create_pod"),
            ("PATCH", _POD + _NAME + "(?:/(?P<part>status))?", "patch_pod"),
            ("POST", _POD + _NAME + "/binding", "bind_pod"),
            ("DELETE", _POD + _NAME, "delete_pod"),
            *CoreRequests.core_routes,
            ("GET", f"{_RIGHTS}(?:{_NAME})?", "read_rights"),
            ("POST", _RIGHTS, "create_rights"),
            ("PUT", _RIGHTS + _NAME, "write_rights"),
            ("PATCH", _RIGHTS + _NAME, "write_rights"),
            ("DELETE", _RIGHTS + _NAME, "delete_rights"),
            ("GET", "/_fargatecount/faults", "read_faults"),
            ("POST", f"/_fargatecount/(?P<action>{'|'.join(CONTROLS)})", "control"),
        )
    )

    def say_ready(self, _body: bytes) -> None:
        """Say that the server is up, to anybody."""
        self.answer(b"ok", content_type="text/plain")

    def read_pods(self, _body: bytes, namespace: str | None) -> None:
        """List or watch."""
        if self.query.get("watch") in ("1", "true"):
            self.allow("watch")
            self.watch(namespace)
            return
        self.allow("list")
        if self.query.get("continue") and self.cluster.faults_of(self.user).take("gone_while_paging"):
            raise expired("The provided continue parameter is too old to display a consistent list result.")
        self.answer(listing.page(self.cluster.history, self.query, namespace))

    def watch(self, namespace: str | None) -> None:
        """Send the lines of a watch, each as one chunk, until it ends or breaks."""
        cluster, faults = self.cluster, self.cluster.faults_of(self.user)
        if faults.take("gone_at_connect"):
            raise expired(f"too old resource version: {self.query.get('resourceVersion')} ({cluster.history.version})")
        watch = stream.Watch(
            matches=parse(self.query.get("fieldSelector", "") + (f",metadata.namespace={namespace}" if namespace else "")),
            after=listing.whole("resourceVersion", self.query.get("resourceVersion")) or None,
            seconds=listing.whole("timeoutSeconds", self.query.get("timeoutSeconds")) or DEFAULT_SECONDS,
            bookmarks=self.query.get("allowWatchBookmarks") in ("1", "true"),
            sees_all=self.user.is_admin,
        )
        with cluster.watching() as dropped:
            self.send_response(200)
            self.send_header("Content-Type", JSON)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for line in stream.lines(watch, cluster.history, faults, lambda: not dropped.is_set() and self.is_listening()):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            except stream.CutError as cut:
                self.wfile.write(b"%x\r\n%s" % (len(cut.sent) + 1, cut.sent))
                dropped.set()
            if not dropped.is_set():
                self.wfile.write(b"0\r\n\r\n")
                return
            # Of the plain socket: the watcher shall see the connection break, not TLS say goodbye.
            socket.socket.shutdown(self.connection, socket.SHUT_RDWR)
            self.close_connection = True

    def is_listening(self) -> bool:
        """Say whether the watcher is still there: it sends nothing, so anything to read is its goodbye."""
        return not select.select([self.connection], [], [], 0)[0]

    def read_pod(self, _body: bytes, namespace: str, name: str) -> None:
        """Return one pod."""
        self.allow("get")
        self.answer(stream.whole_object(self.cluster.store.get(namespace, name)))

    def create_pod(self, body: bytes, namespace: str) -> None:
        """Create a pod."""
        self.allow("create")
        self.answer(stream.whole_object(self.cluster.store.create(namespace, self.read(body))), 201)

    def patch_pod(self, body: bytes, namespace: str, name: str, part: str | None) -> None:
        """Change a pod or its status."""
        self.allow("patch", "pods/status" if part else "pods")
        if self.headers.get_content_type() != "application/merge-patch+json":
            raise RefusalError(415, "UnsupportedMediaType", "the simulation takes application/merge-patch+json only")
        self.answer(stream.whole_object(self.cluster.store.patch(namespace, name, self.read(body), part=part)))

    def bind_pod(self, body: bytes, namespace: str, name: str) -> None:
        """Give a pod its node."""
        self.allow("create", "pods/binding")
        self.cluster.store.bind(namespace, name, (self.read(body).get("target") or {}).get("name", ""))
        self.answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)

    def delete_pod(self, body: bytes, namespace: str, name: str) -> None:
        """Delete a pod, with the grace of the query or of the DeleteOptions in the body."""
        self.allow("delete")
        grace = self.query.get("gracePeriodSeconds", self.read(body).get("gracePeriodSeconds"))
        seconds = None if grace is None else listing.whole("gracePeriodSeconds", str(grace))
        self.answer(stream.whole_object(self.cluster.store.delete(namespace, name, seconds)))

    def read_rights(self, _body: bytes, kind: str, name: str | None) -> None:
        """Return one role or binding, or all."""
        self.allow("get" if name else "list", kind, GROUP)
        rights = self.cluster.rights
        self.answer(rights.get(kind, name) if name else {"kind": f"{KINDS[kind]}List", "items": rights.all_of(kind)})

    def create_rights(self, body: bytes, kind: str) -> None:
        """Create a role or binding."""
        self.allow("create", kind, GROUP)
        self.answer(self.cluster.rights.put(kind, self.read(body), new=True), 201)

    def write_rights(self, body: bytes, kind: str, name: str) -> None:
        """Write a role or binding, whether it existed or not: an update or a server-side apply."""
        self.allow(_VERBS[self.command], kind, GROUP)
        given = self.read(body)
        if (given.get("metadata") or {}).get("name") != name:
            raise bad_request(f"the name of the object does not match the name of the request ({name})")
        self.answer(self.cluster.rights.put(kind, given))

    def delete_rights(self, _body: bytes, kind: str, name: str) -> None:
        """Take a role or binding away."""
        self.allow("delete", kind, GROUP)
        self.answer(self.cluster.rights.delete(kind, name))

    def read_faults(self, _body: bytes) -> None:
        """Return the faults in force."""
        self.hide_control_path()
        self.answer(msgspec.to_builtins(self.cluster.faults.settings))

    def control(self, body: bytes, action: str) -> None:
        """Make the cluster misbehave, or let an access key in."""
        self.hide_control_path()
        try:
            self.answer(self.cluster.control(action, self.read(body)))
        except ValueError as error:
            raise bad_request(f"cannot do {action}: {error}") from error

    def hide_control_path(self) -> None:
        """Hide it from all but administrators; raises RefusalError with 404."""
        if not self.user.is_admin:
            raise not_found("path", self.path)
