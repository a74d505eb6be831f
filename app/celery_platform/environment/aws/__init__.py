"""What AWS has: regions with their partitions and zones, sizes of machines, and what a machine of each size has.

`regions.json`, `sizes.json` and `capacities.json` say when and from which public sources they were collected;
`python -m tests.environment.aws_data` collects them again. They answer only what is the same in every account. Which
zones and sizes an account can use is for `make plan` to ask.
"""
