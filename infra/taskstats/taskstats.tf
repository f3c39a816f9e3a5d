# The container definition of the sidecar, for your own aws_ecs_task_definition:
#
#   module "taskstats" {
#     source    = "./infra/taskstats"
#     image     = "REGISTRY/fargatecount-taskstats:0.2.0"
#     service   = "front"
#     log_group = aws_cloudwatch_log_group.taskstats.name
#     region    = "eu-west-1"
#   }
#
#   resource "aws_ecs_task_definition" "front" {
#     # …
#     container_definitions = jsonencode([local.app, module.taskstats.container_definition])
#   }
#
# It has no resources and needs no provider. Give the log group a retention: `retention_in_days = 14`.

variable "image" {
  type        = string
  description = "Image of taskstats/Dockerfile in your registry"
}

variable "service" {
  type        = string
  description = "Name of the ECS service, for the metrics; on Fargate the metadata endpoint does not say it"
}

variable "log_group" {
  type        = string
  description = "Log group of the sidecar"
}

variable "region" {
  type        = string
  description = "Region of the log group"
}

variable "every_seconds" {
  type        = number
  description = "Seconds between two readings"
  default     = 10
}

variable "sample_every" {
  type        = number
  description = "Documents of every n-th reading are written; 0 for none. 6 is one a minute, a sixth of the cost"
  default     = 6
}

output "container_definition" {
  description = "The container definition: an element of container_definitions"
  value = {
    name                   = "taskstats"
    image                  = var.image
    essential              = false # the task lives on without it
    memory                 = 64    # more than twice what it uses
    memoryReservation      = 32
    readonlyRootFilesystem = true
    user                   = "65532"
    command = [
      "--every", tostring(var.every_seconds), "--sample", tostring(var.sample_every), "--brief", "--metrics", "--service", var.service
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = var.log_group
        awslogs-region        = var.region
        awslogs-stream-prefix = "taskstats"
        mode                  = "non-blocking" # the application must not wait for the sidecar's log
      }
    }
  }
}
