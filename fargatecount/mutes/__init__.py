"""A mute holds messages back for a time that has an end; counting, metrics and the states of alarms go on."""
