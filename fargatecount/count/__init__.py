"""Count what runs on Fargate from AWS alone, with nothing deployed."""
