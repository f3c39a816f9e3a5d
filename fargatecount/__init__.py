"""Fargatecount: how many ECS tasks and EKS pods run on AWS Fargate, and how near that is to the quota."""

__version__ = "0.2.0"
