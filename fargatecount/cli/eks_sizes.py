"""`fargatecount eks sizes`: profiles and what lands on them, what pods ask for and get, and what a slightly smaller request saves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.eks import EksPorts
from fargatecount.cli import output
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.rightsize.document import SizeDocument
from fargatecount.rightsize.pods import pod_use, size_pods
from fargatecount.rightsize.pods_document import EksSizesCluster, EksSizesDocument, PodSizeEntry, ProfileUse, sizes_document

WRONG_USE, NOT_REACHED = 2, 3


def run(names: tuple[str, ...], form: str, place: Mapping[str, Any]) -> int:
    """Show the clusters of these names, or all that have a profile; return the exit code."""
    ports = EksPorts(connect(**place))
    found: list[EksSizesCluster] = []
    code = 0
    for name in names or tuple(name for name in ports.api.names() if ports.api.has_profiles(name)):
        try:
            found.append(_cluster(ports, name))
        except FargatecountError as error:
            found.append(EksSizesCluster(cluster=f"EKS-{name}", error=str(error), remedy=error.remedy or None))
            code = max(code, NOT_REACHED if isinstance(error, DeniedError | UnavailableError) else WRONG_USE)
    if form == "json":
        output.print_json(EksSizesDocument(clusters=found))
    elif form == "csv":
        output.print_csv([_flat(each.cluster, entry) for each in found for entry in each.pods])
    else:
        _print(found)
    for each in found:
        if each.error:
            output.warn(f"{each.cluster}: {each.error}" + (f"; {each.remedy}" if each.remedy else ""))
    return code


def _cluster(ports: EksPorts, name: str) -> EksSizesCluster:
    described = ports.api.describe(name)
    if described is None:
        raise MisconfiguredError(
            f"there is no EKS cluster {name!r} here",
            remedy=f"check the name and --region; there are: {', '.join(ports.api.names()) or 'none'}",
        )
    region = described.arn.split(":")[3]
    sizings = size_pods(ports.pods(described), region, pod_use(ports.pod_metrics(described)))
    return sizes_document(f"EKS-{name}", ports.api.profiles(name), sizings)


def _print(found: list[EksSizesCluster]) -> None:
    if not found:
        click.echo("No EKS cluster here has a Fargate profile.")
    for each in found:
        if each.error:
            continue
        columns = ["PROFILE", "STATUS", "SELECTORS", "PODS", "VCPU", "GIB", "OWNERS"]
        rows = [_profile_cells(profile) for profile in each.profiles]
        output.show(output.table(f"{each.cluster}: Fargate profiles", columns, rows, texts=("STATUS", "SELECTORS")))
        if each.pods:
            columns = ["OWNER", "PODS", "ASKED", "GOT", "USED NOW", "SLIGHTLY LESS", "FREES VCPU", "USD/MONTH", "REMARK"]
            rows = [_pod_cells(entry) for entry in each.pods]
            texts = ("ASKED", "GOT", "USED NOW", "SLIGHTLY LESS")
            output.show(output.table(f"{each.cluster}: what pods ask for and get", columns, rows, texts=texts))
        freed = sum(entry.freed_vcpu for entry in each.pods)
        usd = sum(entry.freed_usd_month or 0 for entry in each.pods)
        click.echo(f"{each.cluster}: slightly smaller requests free {freed:g} vCPU of quota and {usd:,.2f} USD a month.")
        if any(entry.used_now for entry in each.pods):
            click.echo("Used now is one moment of the busiest pod, by metrics-server: no base for advice.")


def _profile_cells(profile: ProfileUse) -> list[str]:
    selectors = [
        " ".join([selector.namespace, *(f"{key}={value}" for key, value in selector.labels.items())]) for selector in profile.selectors
    ]
    numbers = (profile.pods, profile.vcpu, profile.memory_gib, profile.groups)
    return [profile.profile, profile.status, "; ".join(selectors) or "-", *(output.number(number) for number in numbers)]


def _pod_cells(entry: PodSizeEntry) -> list[str]:
    return [
        entry.group,
        output.number(entry.pods),
        _size(entry.asked),
        _size(entry.got),
        "-" if entry.used_now is None else _size(entry.used_now),
        "-" if entry.smaller is None else f"{_cut(entry)}: {_size(entry.smaller)}",
        output.number(entry.freed_vcpu) if entry.smaller else "-",
        "-" if entry.smaller is None else "?" if entry.freed_usd_month is None else f"{entry.freed_usd_month:,.2f}",
        entry.why,
    ]


def _cut(entry: PodSizeEntry) -> str:
    cuts = [f"{entry.cut_vcpu:g} vCPU"] if entry.cut_vcpu else []
    cuts += [f"{entry.cut_memory_mib:g} MiB"] if entry.cut_memory_mib else []
    return f"{' and '.join(cuts)} less" if cuts else "the same requests"


def _size(size: SizeDocument) -> str:
    return f"{size.vcpu:g} vCPU {size.memory_gib:g} GiB"


def _flat(cluster: str, entry: PodSizeEntry) -> dict[str, Any]:
    sizes = {"asked": entry.asked, "got": entry.got, "smaller": entry.smaller, "used_now": entry.used_now}
    row: dict[str, Any] = {"cluster": cluster, "group": entry.group, "profile": entry.profile, "pods": entry.pods}
    for name, size in sizes.items():
        row |= {f"{name}_vcpu": size and size.vcpu, f"{name}_memory_gib": size and size.memory_gib}
    names = ("cut_vcpu", "cut_memory_mib", "freed_vcpu", "freed_usd_month", "why")
    return row | {name: getattr(entry, name) for name in names}
