"""Only firewall rules of the region's range are removed."""

from ipaddress import IPv4Network

from emulated_region.leftovers import leftover_rules

LISTING = """
-P FORWARD ACCEPT
-N NETAVARK-1D8721804F16F
-N NETAVARK-C59E52E129B4B
-N NETAVARK-DN-C59E52E129B4B
-N NETAVARK-HOSTPORT-DNAT
-A POSTROUTING -s 10.88.0.0/16 -j NETAVARK-1D8721804F16F
-A POSTROUTING -s 10.93.0.0/16 -j NETAVARK-C59E52E129B4B
-A NETAVARK-1D8721804F16F -d 10.88.0.0/16 -j ACCEPT
-A NETAVARK-C59E52E129B4B -d 10.93.0.0/16 -j ACCEPT
-A NETAVARK-C59E52E129B4B ! -d 224.0.0.0/4 -j MASQUERADE
-A NETAVARK-DN-C59E52E129B4B -s 10.93.0.0/16 -d 127.0.0.1/32 -p tcp -m tcp --dport 4566 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-C59E52E129B4B -d 127.0.0.1/32 -p tcp -m tcp --dport 4566 -j DNAT --to-destination 10.93.0.10:4566
-A NETAVARK-HOSTPORT-DNAT -p tcp --dport 4566 -m comment --comment "dnat name: x id: y" -j NETAVARK-DN-C59E52E129B4B
-A NETAVARK-HOSTPORT-DNAT -p tcp --dport 80 -m comment --comment "dnat name: z id: w" -j NETAVARK-DN-1D8721804F16F
-A NETAVARK_FORWARD -d 10.93.0.0/16 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
""".strip()


def test_every_rule_of_the_range_goes_and_no_other() -> None:
    commands = leftover_rules(LISTING, IPv4Network("10.93.0.0/16"))

    assert [words[:2] for words in commands] == [
        ["-D", "POSTROUTING"],
        ["-D", "NETAVARK-C59E52E129B4B"],
        ["-D", "NETAVARK-C59E52E129B4B"],
        ["-D", "NETAVARK-DN-C59E52E129B4B"],
        ["-D", "NETAVARK-DN-C59E52E129B4B"],
        ["-D", "NETAVARK-HOSTPORT-DNAT"],
        ["-D", "NETAVARK_FORWARD"],
        ["-X", "NETAVARK-C59E52E129B4B"],
        ["-X", "NETAVARK-DN-C59E52E129B4B"],
    ]
    assert "dnat name: x id: y" in commands[5]
    assert "1D8721804F16F" not in str(commands)


def test_nothing_is_done_where_nothing_is_left() -> None:
    assert leftover_rules(LISTING, IPv4Network("10.90.0.0/16")) == []
