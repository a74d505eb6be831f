"""A value that AWS, Kubernetes, DNS or a mail server would refuse later is refused when the file is read, in words."""

import pytest

from .broken import FILE, GOOD, edited, faults, refusal

REGION = "region: eu-west-1"
OWNER = "owner: platform@example.com"
CIDR = "cidr: 10.40.0.0/16"
NOTIFY = "notify: oncall@example.com"
CPU, IO = "instance_type: c7i.xlarge", "max: 20, instance_type: m7i.large}"
RABBITMQ = "nodes: 3, instance_type: m7i.large"
MONITORING = "instance_type: t3.medium"
RESULTS = "node_type: cache.m7g.large"
AMAZON_MQ = 'amazon_mq: {version: "4.2", instance_type: mq.m7g.large'
HOST, URL = "host: db.example.com", 'url: "https://ledger.example.com"'
SMTP, ISSUER = "host: smtp.example.com", "issuer: token.actions.githubusercontent.com"
EKS = "eks: {compute: auto}"
LOCK = "destroy_lock: true"


def admitted(cidr: str) -> str:
    return f"clients: {{web: {{cidrs: [{cidr}], may: [publish]}}}}\n{LOCK}"


def statement(resource: str) -> str:
    action = f"{{actions: [dynamodb:GetItem], resources: ['{resource}']}}"
    return f"{IO[:-1]}, permissions: {{statements: [{action}]}}}}"


REFUSED = [
    # names
    ("name: prod", "name: qa-", "name: found 'qa-'; allowed: a name (at most 18"),
    ("name: prod", "name: a--b", "name: found 'a--b'; allowed: a name (at most 18"),
    ("name: prod", "name: Prod", "name: found 'Prod'; allowed: a name (at most 18"),
    # tags
    (OWNER, "owner: R&D (x) <y@z>", "owner: found 'R&D (x) <y@z>'; allowed: letters, digits, spaces and _.:/=+-@, not"),
    (OWNER, 'owner: "a\\nb"', "and _.:/=+-@, not '\\n'"),
    # notify
    (NOTIFY, 'notify: "#oncall"', "alerts.notify: found '#oncall'; allowed: one e-mail address such as"),
    (NOTIFY, "notify: not an address", "alerts.notify: found 'not an address'; allowed: one e-mail address"),
    (NOTIFY, "notify: dev@10.0.0.1", "alerts.notify: found 'dev@10.0.0.1'; allowed: one e-mail address"),
    (NOTIFY, "notify: https://hooks.example.com/x", "allowed: one e-mail address"),
    (NOTIFY, "notify: oncall@localhost", "allowed: one e-mail address"),
    (NOTIFY, 'notify: "a@example.com, b@example.com"', "allowed: one e-mail address"),
    (NOTIFY, "notify: arn:aws:sns:eu-west-1:111122223333:alarms", "allowed: one e-mail address"),
    (NOTIFY, f"notify: {'a' * 65}@example.com", "allowed: one e-mail address"),
    # regions, zones and partitions
    (REGION, "region: xx-nowhere-9", "region: found 'xx-nowhere-9'; allowed: a region of AWS, as of 20"),
    (REGION, "region: eu-west-11", "region: found 'eu-west-11'; allowed: an AWS region such as eu-west-1"),
    (REGION, "region: eu-west-9", "such as eu-west-1; did you mean eu-west-"),
    (REGION, "region: cn-north-1", "region: found cn-north-1 in the partition aws-cn, whose services end in"),
    (REGION, "region: eusc-de-east-1", "found eusc-de-east-1 in the partition aws-eusc"),
    (REGION, "region: us-west-1", "network.zones: found 3 in us-west-1; allowed: at most 2 there"),
    (IO, statement("arn:aws-cn:dynamodb:eu-west-1:111122223333:table/orders"), "of the partition aws-cn; allowed:"),
    (EKS, 'eks: {compute: auto, admins: ["arn:aws-us-gov:iam::111122223333:role/admin"]}', "allowed: arn:aws:..., the"),
    (EKS, 'eks: {compute: auto, admins: ["arn:aws:iam::111122223333:user/me"]}', "allowed: the ARN of a role: arn:aws"),
    (EKS, "eks: {compute: auto, admins: [me]}", "eks.admins: found 'me'; allowed: the ARN of a role"),
    # sizes
    (CPU, "instance_type: banana", "pools.cpu.instance_type: found 'banana'; allowed: an EC2 instance type, as of 20"),
    (CPU, "instance_type: c7i.huge", "did you mean c7i."),
    (CPU, "instance_type: mac2.metal", "found mac2.metal, which runs macOS only; allowed: a size that runs Linux"),
    (IO, "max: 20, instance_types: [m7i.large, m7i.larg]}", "pools.io.instance_types: found 'm7i.larg'; allowed: an"),
    (RABBITMQ, "nodes: 3, instance_type: m7i", "broker.rabbitmq.instance_type: found 'm7i'; allowed: an EC2 instance"),
    (MONITORING, "instance_type: t3.mega", "monitoring.instance_type: found 't3.mega'; allowed: an EC2 instance type"),
    (RESULTS, "node_type: cache.banana", "results.node_type: found 'cache.banana'; allowed: a node type of Elasti"),
    (AMAZON_MQ, f"redis: {{node_type: cache.m5.banana}}\n  {AMAZON_MQ}", "broker.redis.node_type: found 'cache.m5.ba"),
    (AMAZON_MQ, 'amazon_mq: {version: "4.2", instance_type: mq.m7g.huge', "allowed: an instance type of Amazon MQ, as"),
    (AMAZON_MQ, 'amazon_mq: {version: "4.1", instance_type: mq.m7g.large', "found '4.1'; allowed: one of: 3.13, 4.2"),
    (AMAZON_MQ, 'amazon_mq: {version: "3.13", instance_type: mq.t3.micro', "allowed: mq.m7g.* or mq.m5.* for"),
    # ranges of addresses
    (CIDR, "cidr: 127.0.0.0/16", "network.cidr: found 127.0.0.0/16, loopback: each machine itself (127.0.0.0/8)"),
    (CIDR, "cidr: 169.254.0.0/16", "network.cidr: found 169.254.0.0/16, link-local"),
    (CIDR, "cidr: 224.0.0.0/16", "network.cidr: found 224.0.0.0/16, multicast (224.0.0.0/4)"),
    (CIDR, "cidr: 0.0.0.0/16", "network.cidr: found 0.0.0.0/16, this network (0.0.0.0/8)"),
    (CIDR, "cidr: 240.0.0.0/16", "network.cidr: found 240.0.0.0/16, reserved (240.0.0.0/4)"),
    (LOCK, admitted("127.0.0.0/24"), "clients.web.cidrs: found 127.0.0.0/24, loopback"),
    (LOCK, admitted("169.254.169.254/32"), "clients.web.cidrs: found 169.254.169.254/32, link-local"),
    (EKS, "eks: {compute: auto, public_access_cidrs: [10.0.0.0/16]}", "found 10.0.0.0/16, which is private; allowed:"),
    (EKS, "eks: {compute: auto, public_access_cidrs: [224.0.0.0/24]}", "found 224.0.0.0/24, multicast"),
    (EKS, "eks: {compute: auto, public_access_cidrs: [8.8.8.8/32, 8.8.8.8/32]}", "found a range twice; allowed: each"),
    (EKS, f"eks: {{public_access_cidrs: [{', '.join(f'8.8.{n}.0/24' for n in range(41))}]}}", "found 41 ranges"),
    (EKS, "eks: {compute: auto, service_cidr: 10.40.0.0/20}", "overlaps network.cidr 10.40.0.0/16; allowed:"),
    (EKS, "eks: {compute: auto, service_cidr: 172.20.0.0/25}", "service_cidr: found 172.20.0.0/25; allowed: a prefix"),
    (EKS, "eks: {compute: auto, service_cidr: 100.64.0.0/16}", "service_cidr: found 100.64.0.0/16; allowed: a prefix"),
    # hosts, URLs and ports
    (HOST, "host: a b", "services.database.host: found 'a b': the part 'a b': only letters"),
    (HOST, "host: -a.example.com", "services.database.host: found '-a.example.com': the part '-a': only letters"),
    (HOST, "host: a..b", "services.database.host: found 'a..b': an empty part between two dots"),
    (HOST, f"host: {'a' * 64}.example.com", "a part of 64 characters: DNS has at most 63 between two dots"),
    (HOST, f"host: {'a.' * 127}example.com", "characters: DNS has at most 253"),
    (HOST, "host: 999.1.1.1", "no IPv4 address of four numbers from 0 to 255, and no name"),
    (HOST, "host: localhost", "loopback: localhost is each machine itself"),
    (HOST, "host: 127.0.0.1", "loopback: each machine itself (127.0.0.0/8)"),
    (HOST, "host: 169.254.169.254", "link-local: the metadata"),
    (HOST, 'host: "2001:db8::1"', "allowed: a name or an IPv4 address; the port is `port`"),
    (HOST, "host: bücher.example.com", "letters beyond ASCII: DNS has the xn-- form"),
    (URL, 'url: "https://h:99999"', "allowed: scheme://host:port/path with a port from 1 to 65535"),
    (URL, 'url: "https://[::1"', "allowed: scheme://host:port/path"),
    (URL, 'url: "https://[2001:db8::1]:443"', "and a name or an IPv4 address as host"),
    (URL, 'url: "https://-a.example.com"', "services.ledger.url: found 'https://-a.example.com': the part '-a'"),
    (URL, 'url: "https://127.0.0.1:8080/x"', "loopback: each machine itself"),
    (URL, 'url: "https://0x7f.1"', "no IPv4 address of four numbers"),
    (SMTP, "host: smtp..example.com", "alerts.smtp.host: found 'smtp..example.com': an empty part"),
    ("port: 587", "port: 65536", "alerts.smtp.port: found 65536; allowed: a whole number from 1 to 65535"),
    (ISSUER, "issuer: token..example.com", "delivery.issuer: found 'token..example.com': an empty part"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), REFUSED, ids=[new.split("\n")[0][:60] for _, new, _ in REFUSED])
def test_a_value_that_another_system_would_refuse_is_refused_in_words(old: str, new: str, said: str) -> None:
    message = refusal(edited(old, new))

    assert message is not None, "this value must be refused"
    assert said in message
    assert faults(message) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OWNER, "owner: Zoë (at) example.com".replace("(at)", "@")),
        (NOTIFY, "notify: o'brien+pager@mail.example.co.uk"),
        (REGION, "region: us-gov-west-1"),
        (REGION, "region: ap-northeast-1"),
        (CPU, "instance_type: c8g.2xlarge"),
        (CPU, "instance_type: m7i-flex.large"),
        (RESULTS, "node_type: cache.r7g.12xlarge"),
        (AMAZON_MQ, 'amazon_mq: {version: "3.13", instance_type: mq.m5.xlarge'),
        (CIDR, "cidr: 100.64.0.0/16"),
        (CIDR, "cidr: 192.168.0.0/16"),
        (LOCK, admitted("10.9.0.0/16")),
        (HOST, "host: 10.0.0.5"),
        (HOST, "host: my_db.internal"),
        (HOST, "host: db.example.com."),
        (URL, 'url: "https://user@xn--bcher-kva.example.com:8443/a?b=c"'),
        (IO, statement("arn:aws:dynamodb:eu-west-1:111122223333:table/orders")),
        (EKS, 'eks: {compute: auto, admins: ["arn:aws:iam::111122223333:role/team/admin"]}'),
        (EKS, "eks: {compute: auto, service_cidr: 192.168.0.0/20}"),
        (EKS, "eks: {compute: auto, public_access_cidrs: [203.0.113.0/24]}"),
    ],
)
def test_a_value_that_the_other_system_accepts_is_accepted(old: str, new: str) -> None:
    assert refusal(edited(old, new)) is None


def test_a_host_whose_name_is_longer_than_dns_and_linux_have_is_refused() -> None:
    pool, name = "p" * 30, "production-eu-west"
    text = GOOD.replace("  cpu: {runs_on", f"  {pool}: {{runs_on").replace("pool: cpu,", f"pool: {pool},")

    message = refusal(text.replace("name: prod", f"name: {name}"), FILE.parents[1] / name / FILE.name)

    assert message is not None
    assert f"pools.{pool}: found a host's name of 65 characters; allowed: a shorter name" in message
