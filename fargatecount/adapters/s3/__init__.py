"""S3: stored reports and pages."""
