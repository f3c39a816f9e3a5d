"""A picture of the CloudWatch dashboard, drawn from the packaged template and a made-up day."""
