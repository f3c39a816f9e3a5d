"""The behavior of ECS tasks, independent of the emulator: pure, and importing it has no effect."""
