"""Generated documentation of the configuration: module READMEs and the diagram of a plan."""
