"""The tables and saved queries of Athena over the history: `python -m tools.athena` writes infra/athena.yml.

The columns come from the type of a record, and the queries from the texts that DuckDB runs too, so the three cannot differ.
"""

from __future__ import annotations

from pathlib import Path

from fargatecount.adapters.duckdb_history import TYPES
from fargatecount.history.queries import saved_query
from fargatecount.history.record import COLUMNS
from fargatecount.history.texts import QUERIES

TARGET = Path(__file__).resolve().parents[1] / "infra" / "athena.yml"
HIVE = {"VARCHAR": "string", "BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "boolean"}
PARTITIONS = ("account", "region", "day")
"""Columns that the path has too. Athena takes them from the path; the records have them for DuckDB and for people."""
BY = {"at": "service", "changes": "service", "stops": "service", "launches": "family", "spot": "service", "cost": "owner"}
TITLES = {
    "at": "What runs now, by service, as of the last maintenance",
    "changes": "Who started and stopped how much in the last 24 hours, by service",
    "stops": "Why workloads ended in the last 24 hours",
    "launches": "How long launches took in the last 24 hours, by task definition family",
    "spot": "What Spot took back in the last 24 hours, by service",
    "cost": "What the last 24 hours cost at list price, by owner",
}

HEAD = """# Athena over the history: two tables, a workgroup and the saved queries. Only with the setting `athena`. Nothing here costs
# anything until a query runs. Partition projection computes the partitions from their form, so there is no crawler and nothing to repair.
#
# Written by `python -m tools.athena` from the type of a record and the queries in fargatecount/history; a test compares them.
Resources:
  HistoryDatabase:
    Type: AWS::Glue::Database
    Condition: HasAthena
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseInput:
        # A name with hyphens needs quotes in every query.
        Name: !Join ['_', !Split ['-', !Ref AWS::StackName]]
        Description: The history of what ran on Fargate

"""
TABLE = """  {resource}:
    Type: AWS::Glue::Table
    Condition: HasAthena
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref HistoryDatabase
      TableInput:
        Name: {name}
        Description: {description}
        TableType: EXTERNAL_TABLE
        Parameters:
          EXTERNAL: 'TRUE'
          classification: json
          projection.enabled: 'true'
          projection.account.type: enum
          projection.account.values: !Ref AWS::AccountId
          projection.region.type: enum
          projection.region.values: !Ref AWS::Region
{projection}        PartitionKeys:
{keys}        StorageDescriptor:
          Location: !Sub s3://${{ReportsBucket}}/{root}
          InputFormat: org.apache.hadoop.mapred.TextInputFormat
          OutputFormat: org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat
          Compressed: true
          SerdeInfo:
            # https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html; one broken line must not fail every query.
            SerializationLibrary: org.openx.data.jsonserde.JsonSerDe
            Parameters: {{ ignore.malformed.json: 'true' }}
          Columns:
{columns}
"""
WORKGROUP = """  HistoryWorkGroup:
    Type: AWS::Athena::WorkGroup
    Condition: HasAthena
    Properties:
      Name: !Ref AWS::StackName
      Description: Questions to the history of fargatecount
      RecursiveDeleteOption: true
      WorkGroupConfiguration:
        EnforceWorkGroupConfiguration: true
        PublishCloudWatchMetricsEnabled: false
        # A hundred million records are 9 GB. A query that reads far more is a mistake, at 5 USD a TB.
        BytesScannedCutoffPerQuery: 100000000000
        EngineVersion: { SelectedEngineVersion: Athena engine version 3 }
        ResultConfiguration:
          OutputLocation: !Sub s3://${ReportsBucket}/athena/
          EncryptionConfiguration: { EncryptionOption: SSE_S3 }
"""
QUERY = """
  History{resource}Query:
    Type: AWS::Athena::NamedQuery
    Condition: HasAthena
    Properties:
      Name: {name}
      Description: {title}
      Database: !Ref HistoryDatabase
      WorkGroup: !Ref HistoryWorkGroup
      QueryString: |
{sql}
"""


DAYS = """          projection.day.type: date
          projection.day.format: yyyy-MM-dd
          projection.day.range: 2026-01-01,NOW+1DAYS
"""


def table(resource: str, name: str, description: str, root: str, partitions: tuple[str, ...]) -> str:
    """Return one Glue table."""
    columns = "".join(f"            - {{ Name: {each}, Type: {HIVE[TYPES[each]]} }}\n" for each in COLUMNS if each not in partitions)
    # `${!account}` is how !Sub writes `${account}`, which Athena replaces.
    path = "/".join(f"{each}=${{!{each}}}" for each in partitions)
    projection = (
        DAYS if "day" in partitions else ""
    ) + f"          storage.location.template: !Sub s3://${{ReportsBucket}}/{root}{path}/\n"
    keys = "".join(f"          - {{ Name: {each}, Type: string }}\n" for each in partitions)
    return TABLE.format(
        resource=resource, name=name, description=description, root=root, projection=projection, keys=keys, columns=columns.rstrip("\n")
    )


def template() -> str:
    """Return infra/athena.yml."""
    parts = [
        HEAD,
        table("HistoryTable", "ended", "One line for each workload that has ended", "history/", PARTITIONS),
        "\n",
        table("LivingTable", "living", "The living workloads as of the last maintenance", "living/", PARTITIONS[:2]),
        "\n",
        WORKGROUP,
    ]
    for query in QUERIES:
        sql = "\n".join(f"        {line}".rstrip() for line in saved_query(query, BY[query]).splitlines())
        parts.append(QUERY.format(resource=query.title(), name=f"history {query}", title=TITLES[query], sql=sql))
    return "".join(parts)


if __name__ == "__main__":
    TARGET.write_text(template())
