"""What ECS does with a task, apart from any emulator: pure, and importing it has no effect."""
