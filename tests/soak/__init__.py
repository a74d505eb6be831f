"""Load of several kinds on one broker through faults, each event of it written to a history that is checked."""
