"""A small service to deploy: one function behind a queue, which writes what it gets into a table."""

from __future__ import annotations

from pathlib import Path

SERVERLESS = """\
service: probe
frameworkVersion: '4'
configValidationMode: error
provider:
  name: aws
  runtime: python3.13
  stackName: probe-${sls:stage}
  region: ${env:AWS_REGION}
  versionFunctions: false
  environment:
    TABLE: !Ref Table
  iam:
    role:
      statements:
        - {Effect: Allow, Action: dynamodb:PutItem, Resource: !GetAtt Table.Arn}
package:
  patterns: ['!**', handler.py]
functions:
  write:
    handler: handler.write
    events:
      - sqs: {arn: !GetAtt Queue.Arn}
resources:
  Resources:
    Queue: {Type: AWS::SQS::Queue}
    Table:
      Type: AWS::DynamoDB::Table
      Properties:
        BillingMode: PAY_PER_REQUEST
        KeySchema: [{AttributeName: pk, KeyType: HASH}]
        AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
  Outputs:
    QueueUrl: {Value: !Ref Queue}
    TableName: {Value: !Ref Table}
"""

HANDLER = """\
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def write(event, context):
    for record in event["Records"]:
        table.put_item(Item={"pk": record["body"]})
        try:
            table.scan()
        except table.meta.client.exceptions.ClientError as error:
            table.put_item(Item={"pk": error.response["Error"]["Code"]})
"""


def write_service(directory: Path, serverless: str = SERVERLESS) -> Path:
    """Write the service into the directory."""
    directory.mkdir()
    (directory / "serverless.yml").write_text(serverless)
    (directory / "handler.py").write_text(HANDLER)
    return directory
