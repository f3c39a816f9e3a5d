# The variables of the module. The settings are written by `python -m tools.terraform_module` from the template's parameters.

variable "template_file" {
  type        = string
  description = "The template of a release: fargatecount-<version>.template.json."
}

variable "code_file" {
  type        = string
  description = "The functions' code of the same release: fargatecount-<version>.function.zip."
}

variable "stack_name" {
  type        = string
  description = "Name of the stack, and the first part of the names of its functions and alarms."
  default     = "fargatecount-prod"
}

variable "tags" {
  type        = map(string)
  description = "Tags of the stack and of everything in it."
  default     = { application = "fargatecount" }
}

variable "armed" {
  type        = bool
  description = "Send metrics to CloudWatch, and make alarms, topics and the dashboard. Off, everything is counted and only logged."
  default     = false
}

variable "athena" {
  type        = bool
  description = "Make tables and saved queries of Athena over the history."
  default     = false
}

variable "batch_size" {
  type        = number
  description = "Events in one invocation of task_changed. More than 10 need a batch window."
  default     = 10

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000 && floor(var.batch_size) == var.batch_size
    error_message = "batch_size must be a whole number from 1 to 10000."
  }
}

variable "batch_window" {
  type        = number
  description = "Seconds that SQS may wait for a batch to fill."
  default     = 0

  validation {
    condition     = var.batch_window >= 0 && var.batch_window <= 300 && floor(var.batch_window) == var.batch_window
    error_message = "batch_window must be a whole number from 0 to 300."
  }
}

variable "buckets" {
  type        = number
  description = "Number of shares of the rows of a cluster, each with its own counter. The first event writes it into the table; from then on the number of the table applies."
  default     = 8

  validation {
    condition     = var.buckets >= 1 && var.buckets <= 64 && floor(var.buckets) == var.buckets
    error_message = "buckets must be a whole number from 1 to 64."
  }
}

variable "chat" {
  type        = bool
  description = "Whether limit events go to a topic in the form of AWS's chat integration for Slack and Microsoft Teams. Only while armed."
  default     = false
}

variable "critical_percent" {
  type        = number
  description = "Percent of a quota at which the alarm that may wake people begins."
  default     = 95

  validation {
    condition     = var.critical_percent >= 1 && var.critical_percent <= 100
    error_message = "critical_percent must be a number from 1 to 100."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether DynamoDB refuses every request to delete the table."
  default     = true
}

variable "detail" {
  type        = string
  description = "Which series are published. total, cluster or service; each level costs more than the one before."
  default     = "cluster"

  validation {
    condition     = contains(["total", "cluster", "service"], var.detail)
    error_message = "detail must be one of total, cluster, service."
  }
}

variable "discount_percent" {
  type        = number
  description = "Discount of a Savings Plan or a contract on vCPU and memory of on-demand capacity, in percent."
  default     = 0

  validation {
    condition     = var.discount_percent >= 0 && var.discount_percent <= 100
    error_message = "discount_percent must be a number from 0 to 100."
  }
}

variable "drift_bound" {
  type        = number
  description = "Repairs in one reconcile without an alarm."
  default     = 10

  validation {
    condition     = var.drift_bound >= 0 && var.drift_bound <= 1000000 && floor(var.drift_bound) == var.drift_bound
    error_message = "drift_bound must be a whole number from 0 to 1000000."
  }
}

variable "event_age_milliseconds" {
  type        = number
  description = "Age of a task event, in milliseconds, at which the counts lag."
  default     = 60000

  validation {
    condition     = var.event_age_milliseconds >= 1 && var.event_age_milliseconds <= 86400000 && floor(var.event_age_milliseconds) == var.event_age_milliseconds
    error_message = "event_age_milliseconds must be a whole number from 1 to 86400000."
  }
}

variable "exclude" {
  type        = string
  description = "Exceptions from the included clusters, likewise. Empty for none."
  default     = ""

  validation {
    condition     = can(regex("^[^\"\\\\]{0,1000}$", var.exclude))
    error_message = "exclude must be globs separated by commas, or empty."
  }
}

variable "function_metrics" {
  type        = bool
  description = "While armed, also send the outcomes of events: six series, 1.80 USD a month."
  default     = false
}

variable "function_prefix" {
  type        = string
  description = "First part of the functions' names, where that of the stack is too long for them. Empty for the name of the stack."
  default     = ""

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{0,51}$", var.function_prefix))
    error_message = "function_prefix must be up to 51 letters, digits, _ and -, or empty."
  }
}

variable "hanging_minutes" {
  type        = number
  description = "Minutes after which a task or pod that is still pending or stopping is listed as hanging."
  default     = 30

  validation {
    condition     = var.hanging_minutes >= 1 && var.hanging_minutes <= 1440 && floor(var.hanging_minutes) == var.hanging_minutes
    error_message = "hanging_minutes must be a whole number from 1 to 1440."
  }
}

variable "health_minutes" {
  type        = number
  description = "Minutes that a cluster must be unreadable, or a quota unknown, before the alarm."
  default     = 10

  validation {
    condition     = var.health_minutes >= 1 && var.health_minutes <= 1440 && floor(var.health_minutes) == var.health_minutes
    error_message = "health_minutes must be a whole number from 1 to 1440."
  }
}

variable "history_retention_in_days" {
  type        = number
  description = "Days that the history is kept, a record for each task and pod."
  default     = 400

  validation {
    condition     = var.history_retention_in_days >= 1 && var.history_retention_in_days <= 36500 && floor(var.history_retention_in_days) == var.history_retention_in_days
    error_message = "history_retention_in_days must be a whole number from 1 to 36500."
  }
}

variable "hub_bus_arn" {
  type        = string
  description = "ARN of the event bus of your organization's hub, to which usage is reported. Empty for none."
  default     = ""

  validation {
    condition     = can(regex("^(arn:[^:]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]+)?$", var.hub_bus_arn))
    error_message = "hub_bus_arn must be the ARN of an event bus, or empty."
  }
}

variable "include" {
  type        = string
  description = "Clusters with series of their own. Globs over names (web) and keys (ECS-web), separated by commas. Totals count every cluster."
  default     = "*"

  validation {
    condition     = can(regex("^[^\"\\\\]{0,1000}$", var.include))
    error_message = "include must be globs separated by commas."
  }
}

variable "limit_percent" {
  type        = number
  description = "Percent of your own limits at which their alarm begins."
  default     = 90

  validation {
    condition     = var.limit_percent >= 1 && var.limit_percent <= 100
    error_message = "limit_percent must be a number from 1 to 100."
  }
}

variable "limits" {
  type        = any
  description = "Your own limits, as a JSON object of total and clusters. An empty object for none."
  default     = {}
}

variable "liveness_minutes" {
  type        = number
  description = "Minutes without any published metric before the alarm."
  default     = 3

  validation {
    condition     = var.liveness_minutes >= 1 && var.liveness_minutes <= 1440 && floor(var.liveness_minutes) == var.liveness_minutes
    error_message = "liveness_minutes must be a whole number from 1 to 1440."
  }
}

variable "log_level" {
  type        = string
  description = "DEBUG logs the outcome of each event."
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "log_level must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL."
  }
}

variable "log_retention_in_days" {
  type        = number
  description = "Days that the logs of the functions are kept."
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_in_days)
    error_message = "log_retention_in_days must be a number of days that CloudWatch Logs knows (1, 3, 5, 7, 14, 30, 60, 90 and so on to 3653)."
  }
}

variable "maximum_concurrency" {
  type        = number
  description = "Concurrent invocations of task_changed."
  default     = 10

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000 && floor(var.maximum_concurrency) == var.maximum_concurrency
    error_message = "maximum_concurrency must be a whole number from 2 to 1000."
  }
}

variable "metric_prefix" {
  type        = string
  description = "First part of every metric's name."
  default     = "fargate"

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,64}$", var.metric_prefix))
    error_message = "metric_prefix must be 1 to 64 letters, digits, _ . and -."
  }
}

variable "namespace" {
  type        = string
  description = "CloudWatch namespace of the metrics. The default keeps dashboards of the original fargatecount script working."
  default     = "Fargate Stats"
}

variable "owner_label" {
  type        = string
  description = "The label of pods that names their owner. Empty for no owners of pods."
  default     = ""

  validation {
    condition     = can(regex("^(([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$", var.owner_label))
    error_message = "owner_label must be the key of a Kubernetes label, or empty."
  }
}

variable "owner_tag" {
  type        = string
  description = "The tag of ECS tasks or services that names their owner, such as team. Empty for no owners of tasks."
  default     = ""

  validation {
    condition     = can(regex("^[\\w .:/=+@-]{0,128}$", var.owner_tag))
    error_message = "owner_tag must be the key of a tag, or empty."
  }
}

variable "paging_email" {
  type        = string
  description = "E-mail address for alarms that may wake people. SNS sends a message to confirm. Empty for none."
  default     = ""

  validation {
    condition     = can(regex("^([^@\\s\"]+@[^@\\s\"]+)?$", var.paging_email))
    error_message = "paging_email must be an e-mail address, or empty."
  }
}

variable "permissions_boundary" {
  type        = string
  description = "ARN of the permissions boundary of the functions' roles. Empty for none."
  default     = ""

  validation {
    condition     = can(regex("^(arn:[^:]+:iam::[^:]+:policy/.+)?$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, or empty."
  }
}

variable "prices_refresh" {
  type        = bool
  description = "Let function reconcile ask the Price List of AWS for newer prices once a week."
  default     = false
}

variable "quiet_email" {
  type        = string
  description = "E-mail address for all other alarms. SNS sends a message to confirm. Empty for none."
  default     = ""

  validation {
    condition     = can(regex("^([^@\\s\"]+@[^@\\s\"]+)?$", var.quiet_email))
    error_message = "quiet_email must be an e-mail address, or empty."
  }
}

variable "reconcile_minutes" {
  type        = number
  description = "Minutes between two reconciles of all ECS clusters."
  default     = 5

  validation {
    condition     = var.reconcile_minutes >= 1 && var.reconcile_minutes <= 15 && floor(var.reconcile_minutes) == var.reconcile_minutes
    error_message = "reconcile_minutes must be a whole number from 1 to 15."
  }
}

variable "region_prices" {
  type        = any
  description = "Prices of your own in USD an hour, as a JSON object of Regions. An empty object for the prices of the list."
  default     = {}
}

variable "report_retention_in_days" {
  type        = number
  description = "Days that the reports of the reconciler are kept."
  default     = 90

  validation {
    condition     = var.report_retention_in_days >= 1 && var.report_retention_in_days <= 36500 && floor(var.report_retention_in_days) == var.report_retention_in_days
    error_message = "report_retention_in_days must be a whole number from 1 to 36500."
  }
}

variable "require_tls" {
  type        = bool
  description = "Whether the queues, the topics and the bucket refuse requests without TLS."
  default     = true
}

variable "retire_days" {
  type        = number
  description = "Days for which a deleted cluster still shows zeros before it is forgotten."
  default     = 7

  validation {
    condition     = var.retire_days >= 1 && var.retire_days <= 455 && floor(var.retire_days) == var.retire_days
    error_message = "retire_days must be a whole number from 1 to 455."
  }
}

variable "role_path" {
  type        = string
  description = "Path of the functions' roles."
  default     = "/"

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.role_path))
    error_message = "role_path must be a path that begins and ends with a slash."
  }
}

variable "spot_factor" {
  type        = number
  description = "Price of Spot as a fraction of the on-demand price."
  default     = 0.32

  validation {
    condition     = var.spot_factor >= 0 && var.spot_factor <= 1
    error_message = "spot_factor must be a number from 0 to 1."
  }
}

variable "table_kms_key_arn" {
  type        = string
  description = "ARN of a customer managed KMS key of the table. Empty for the key that DynamoDB owns."
  default     = ""

  validation {
    condition     = can(regex("^(arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+)?$", var.table_kms_key_arn))
    error_message = "table_kms_key_arn must be the ARN of a KMS key (not of an alias, which no IAM policy can name), or empty."
  }
}

variable "top_services" {
  type        = number
  description = "Number of services with series of their own, the largest by vCPU. Only with the detail service."
  default     = 20

  validation {
    condition     = var.top_services >= 1 && var.top_services <= 500 && floor(var.top_services) == var.top_services
    error_message = "top_services must be a whole number from 1 to 500."
  }
}

variable "vpc_security_group_ids" {
  type        = list(string)
  description = "Security groups of function reconcile, if it has subnets."
  default     = []

  validation {
    condition     = alltrue([for one in var.vpc_security_group_ids : can(regex("^(sg-[0-9a-f]+)?$", one))])
    error_message = "vpc_security_group_ids must be security group ids separated by commas, or empty."
  }
}

variable "vpc_subnet_ids" {
  type        = list(string)
  description = "Subnets of function reconcile, separated by commas, to reach private endpoints of EKS clusters. Empty for no VPC."
  default     = []

  validation {
    condition     = alltrue([for one in var.vpc_subnet_ids : can(regex("^(subnet-[0-9a-f]+)?$", one))])
    error_message = "vpc_subnet_ids must be subnet ids separated by commas, or empty."
  }
}

variable "warning_percent" {
  type        = number
  description = "Percent of a quota at which the warning begins. It must be below the critical threshold."
  default     = 80

  validation {
    condition     = var.warning_percent >= 1 && var.warning_percent <= 100
    error_message = "warning_percent must be a number from 1 to 100."
  }
}

locals {
  parameters = {
    Armed                  = tostring(var.armed)
    Athena                 = tostring(var.athena)
    BatchSize              = tostring(var.batch_size)
    BatchWindow            = tostring(var.batch_window)
    Buckets                = tostring(var.buckets)
    Chat                   = tostring(var.chat)
    CriticalPercent        = tostring(var.critical_percent)
    DeletionProtection     = tostring(var.deletion_protection)
    Detail                 = var.detail
    DiscountPercent        = tostring(var.discount_percent)
    DriftBound             = tostring(var.drift_bound)
    EventAgeMilliseconds   = tostring(var.event_age_milliseconds)
    Exclude                = var.exclude
    FunctionMetrics        = tostring(var.function_metrics)
    FunctionPrefix         = var.function_prefix
    HangingMinutes         = tostring(var.hanging_minutes)
    HealthMinutes          = tostring(var.health_minutes)
    HistoryRetentionInDays = tostring(var.history_retention_in_days)
    HubBusArn              = var.hub_bus_arn
    Include                = var.include
    LimitPercent           = tostring(var.limit_percent)
    Limits                 = jsonencode(var.limits)
    LivenessMinutes        = tostring(var.liveness_minutes)
    LogLevel               = var.log_level
    LogRetentionInDays     = tostring(var.log_retention_in_days)
    MaximumConcurrency     = tostring(var.maximum_concurrency)
    MetricPrefix           = var.metric_prefix
    Namespace              = var.namespace
    OwnerLabel             = var.owner_label
    OwnerTag               = var.owner_tag
    PagingEmail            = var.paging_email
    PermissionsBoundary    = var.permissions_boundary
    PricesRefresh          = tostring(var.prices_refresh)
    QuietEmail             = var.quiet_email
    ReconcileMinutes       = tostring(var.reconcile_minutes)
    RegionPrices           = jsonencode(var.region_prices)
    ReportRetentionInDays  = tostring(var.report_retention_in_days)
    RequireTls             = tostring(var.require_tls)
    RetireDays             = tostring(var.retire_days)
    RolePath               = var.role_path
    SpotFactor             = tostring(var.spot_factor)
    TableKmsKeyArn         = var.table_kms_key_arn
    TopServices            = tostring(var.top_services)
    VpcSecurityGroupIds    = join(",", var.vpc_security_group_ids)
    VpcSubnetIds           = join(",", var.vpc_subnet_ids)
    WarningPercent         = tostring(var.warning_percent)
    CodeBucket             = aws_s3_bucket.artifact.id
    CodeKey                = aws_s3_object.code.key
  }
}
