"""What is written about the configuration by reading it: module READMEs, and the diagram of a plan."""
