output "table_name" {
  description = "The DynamoDB table with every count, for watchers and exporters."
  value       = aws_cloudformation_stack.this.outputs["TableName"]
}

output "reports_bucket" {
  description = "The bucket with the reports."
  value       = aws_cloudformation_stack.this.outputs["ReportsBucket"]
}

output "reconcile_role_arn" {
  description = "The role that reads the pods of EKS clusters: fargatecount eks enroll gives it access."
  value       = aws_cloudformation_stack.this.outputs["ReconcileRoleArn"]
}

output "paging_topic_arn" {
  description = "The topic of alarms that may wake people; null while unarmed."
  value       = lookup(aws_cloudformation_stack.this.outputs, "PagingTopicArn", null)
}

output "quiet_topic_arn" {
  description = "The topic of all other alarms; null while unarmed."
  value       = lookup(aws_cloudformation_stack.this.outputs, "QuietTopicArn", null)
}

output "dashboard_name" {
  description = "The CloudWatch dashboard; null while unarmed."
  value       = lookup(aws_cloudformation_stack.this.outputs, "DashboardName", null)
}

output "version" {
  description = "The version that is deployed."
  value       = aws_cloudformation_stack.this.outputs["Version"]
}

output "stack_name" {
  description = "The stack, for the command line: fargatecount status --stack NAME."
  value       = aws_cloudformation_stack.this.name
}

output "region" {
  description = "The Region that is counted."
  value       = data.aws_region.current.name
}
