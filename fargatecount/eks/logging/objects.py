"""The objects of a cluster that logging needs, as they are written, and how those written here are recognized. Pure.

The namespace is applied on the server's side: a label that another manager has set too stays when it is released here.
https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fargatecount.eks.logging.rules import CONFIG_MAP, ENABLED, LABEL, NAMESPACE, LoggingConfig
from fargatecount.errors import MisconfiguredError

MANAGED_BY = {"app.kubernetes.io/managed-by": "fargatecount"}
UNDO = "fargatecount-logging-undo"
"""ConfigMap with what `apply` has replaced, from which `remove` restores it. The other one has room for 5,300 characters only."""
PREVIOUS = "previous"
OWN_CONFIG_MAPS = frozenset({CONFIG_MAP, UNDO, "kube-root-ca.crt"})
"""ConfigMaps of the namespace that are no reason to keep it; the last one Kubernetes puts into every namespace."""
KEPT_METADATA = ("labels", "annotations")

KubeObject = Mapping[str, Any]


def namespace(*, created: bool) -> dict[str, Any]:
    """Return the namespace; `created` marks it as made here, to be deleted again."""
    labels = {LABEL: ENABLED, **(MANAGED_BY if created else {})}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def released_namespace() -> dict[str, Any]:
    """Return the namespace without any field that was set here: applying it gives up what was applied before."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def config_map(data: Mapping[str, str]) -> dict[str, Any]:
    """Return the ConfigMap, marked as written here."""
    return _config_map(CONFIG_MAP, data, {"labels": MANAGED_BY})


def undo_map(replaced: KubeObject) -> dict[str, Any]:
    """Return the ConfigMap that keeps what is replaced."""
    meta = replaced.get("metadata") or {}
    kept = {"data": replaced.get("data") or {}, **{key: meta[key] for key in KEPT_METADATA if meta.get(key)}}
    return _config_map(UNDO, {PREVIOUS: msgspec.json.encode(kept).decode()}, {"labels": MANAGED_BY})


def restored(undo: KubeObject) -> dict[str, Any]:
    """Return the ConfigMap that an undo map keeps.

    Raises:
        ValueError: it keeps none.
    """
    try:
        kept = msgspec.json.decode((undo.get("data") or {})[PREVIOUS])
        return _config_map(CONFIG_MAP, kept["data"], {key: kept[key] for key in KEPT_METADATA if key in kept})
    except (KeyError, TypeError, msgspec.DecodeError) as error:
        raise ValueError(f"ConfigMap {UNDO} does not hold what was replaced") from error


def is_ours(found: KubeObject | None) -> bool:
    """Return whether an object was made here."""
    labels = ((found or {}).get("metadata") or {}).get("labels") or {}
    return MANAGED_BY.items() <= labels.items()


def has_our_label(found: KubeObject | None) -> bool:
    """Return whether a field of the namespace was applied here."""
    managed = ((found or {}).get("metadata") or {}).get("managedFields") or ()
    return any(each.get("manager") == "fargatecount" and each.get("operation") == "Apply" for each in managed)


def config_of(found: KubeObject, of_namespace: KubeObject | None) -> LoggingConfig:
    """Return the configuration that a ConfigMap and its namespace are."""
    meta = found.get("metadata") or {}
    labels = None if of_namespace is None else (of_namespace.get("metadata") or {}).get("labels") or {}
    return LoggingConfig(
        data={str(key): str(value) for key, value in (found.get("data") or {}).items()},
        name=str(meta.get("name", CONFIG_MAP)),
        namespace=str(meta.get("namespace", "default")),
        labels=labels,
    )


NAMESPACE_TARGET = released_namespace()
CONFIG_MAP_TARGET = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG_MAP, "namespace": NAMESPACE}}
UNDO_TARGET = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": UNDO, "namespace": NAMESPACE}}


def _config_map(name: str, data: Mapping[str, str], metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE, **metadata}, "data": dict(data)}


def config_of_manifests(manifests: list[dict[str, Any]]) -> LoggingConfig:
    """Return the configuration in a list of objects: its ConfigMap, and the namespace's labels if the namespace is there.

    Raises:
        MisconfiguredError: there is not exactly one ConfigMap.
    """
    found = [each for each in manifests if each.get("kind") == "ConfigMap"]
    if len(found) != 1 or not isinstance(found[0].get("data") or {}, dict):
        raise MisconfiguredError(f"there are {len(found)} ConfigMaps, and one is wanted", remedy=f"leave only {CONFIG_MAP}")
    wanted = (found[0].get("metadata") or {}).get("namespace", "default")
    namespaces = [each for each in manifests if each.get("kind") == "Namespace" and (each.get("metadata") or {}).get("name") == wanted]
    return config_of(found[0], namespaces[0] if namespaces else None)
