"""Read models: functions over a Store that return frozen dataclasses."""
