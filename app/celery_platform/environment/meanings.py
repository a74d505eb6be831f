"""The model's patterns and formats in words.

A pattern without an entry is shown as it is; a test checks that every pattern has one.
"""

PATTERNS = {
    r"^arn:aws:elasticloadbalancing:[a-z]{2}(-[a-z]+)+-\d:\d{12}:loadbalancer/app/[\w-]+/[0-9a-f]{16}$": (
        "the ARN of an Application Load Balancer"
    ),
    r"^[a-z](-?[a-z0-9])*$": (
        "a name (at most 18 letters, digits and single hyphens between them, all lower case, a letter first)"
    ),
    r"^[a-z][a-z0-9_]{0,29}$": "a name (a letter, then at most 29 letters, digits and underscores, all lower case)",
    r"^[a-z]{2,4}(-[a-z]+)+-\d$": "an AWS region such as eu-west-1",
    r"^[A-Z_][A-Z0-9_]{0,127}$": "a variable's name (upper-case letters, digits and underscores, no digit first)",
    r"^[a-z0-9][a-z0-9+.-]+$": "a Debian package (lower-case letters, digits, +, - and .)",
    r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$": "module:attribute, such as orders.celery:celery",
    r"^\d{1,2}\.\d{1,2}$": 'a version of two numbers such as "4.0"',
    r"^1\.\d\d$": 'a Kubernetes version such as "1.35"',
    r"^[a-z0-9-]+\.[a-z0-9-]+$": "an EC2 instance type such as m7i.large",
    r"^mq\.": "an instance type of Amazon MQ such as mq.m7g.large",
    r"^cache\.": "a node type of ElastiCache such as cache.t4g.micro",
    r"^[^*]+$": "text without *",
    r"^[a-z0-9.-]+(/[A-Za-z0-9._/-]+)?$": "a host, and a path where there is one, without https://",
    r"^debian-1[23]-(amd64|arm64)$": "debian-12 or debian-13, then -amd64 or -arm64",
    r"^\S+ \S+ \S+ \S+ \S+$": "five fields of cron: minute, hour, day of month, month, day of week",
    r"^[a-z][a-z0-9+.-]*://\S+$": "a URL (scheme://host:port/path)",
    r"^https?://[^\s{}]+$": "an http:// or https:// URL without spaces and braces",
    r"^https?://[^\s{}@]+\{trace_id\}[^\s{}@]*$": "an http:// or https:// URL with {trace_id} in it, without a login",
    r"^/[!-~]*$": "a path of HTTP such as /healthz",
    r"^[ -~]+$": "a folder or a requirement (at most 200 characters of ASCII)",
    r"^debian-1[23](-(amd64|arm64))?$": "debian-12 or debian-13; with -amd64 or -arm64 where it has to be one of them",
    r"^vpc-[0-9a-f]{8,17}$": "the id of a VPC such as vpc-0a1b2c3d",
    r"^subnet-[0-9a-f]{8,17}$": "the id of a subnet such as subnet-0a1b2c3d",
    r"^sg-[0-9a-f]{8,17}$": "the id of a security group such as sg-0a1b2c3d",
    r"^Z[0-9A-Z]{1,31}$": "the id of a hosted zone such as Z0123456789ABCDEFGHIJ",
    r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$": "a domain such as corp.example.com",
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$": "the name of an EKS cluster (at most 100 letters, digits, _ and -)",
    r"^[A-Za-z0-9._/#-]{1,255}$": "a namespace of CloudWatch such as AWS/RDS",
    r"^(Average|Maximum|Minimum|SampleCount|Sum|p\d{1,2}(\.\d{1,2})?)$": (
        "a statistic (Average, Maximum, Minimum, SampleCount, Sum) or a percentile such as p99"
    ),
}
FORMATS = {
    "ipv4": "an IPv4 address such as 10.20.0.53",
    "ipv4network": "a range of IPv4 addresses such as 10.20.0.0/16, its first address before the slash",
}
