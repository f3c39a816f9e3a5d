# Fargatecount as a Terraform module: the stack of a release, with its settings as typed variables.
#
#   module "fargatecount" {
#     source        = "./fargatecount-terraform-0.2.0"
#     template_file = "fargatecount-0.2.0.template.json"
#     code_file     = "fargatecount-0.2.0.function.zip"
#     armed         = true
#     paging_email  = "you@example.com"
#     limits        = { total = { vcpu = 200 } }
#   }
#
# CloudFormation makes the resources, from the same template as every other way: one definition, and `fargatecount upgrade` or osls can follow.
# The table and the bucket with the reports outlive `terraform destroy`.
terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

data "aws_region" "current" {}

# The template is larger than the 51,200 bytes that CloudFormation takes without a bucket, and Lambda reads code from a bucket of its Region.
resource "aws_s3_bucket" "artifact" {
  bucket_prefix = "${var.stack_name}-artifact-"
  force_destroy = true
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "artifact" {
  bucket                  = aws_s3_bucket.artifact.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "template" {
  bucket      = aws_s3_bucket.artifact.id
  key         = "${filesha256(var.template_file)}/template.json"
  source      = var.template_file
  source_hash = filesha256(var.template_file)
}

resource "aws_s3_object" "code" {
  bucket      = aws_s3_bucket.artifact.id
  key         = "${filesha256(var.code_file)}/function.zip"
  source      = var.code_file
  source_hash = filesha256(var.code_file)
}

resource "aws_cloudformation_stack" "this" {
  name         = var.stack_name
  template_url = "https://${aws_s3_bucket.artifact.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_NAMED_IAM"]
  parameters   = local.parameters
  tags         = var.tags

  timeouts {
    create = "60m"
    update = "60m"
    delete = "60m"
  }
}
