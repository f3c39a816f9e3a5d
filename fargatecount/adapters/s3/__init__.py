"""S3: kept reports and pages."""
