"""The region's own certificate authority: it signs for what AWS would, and everybody here trusts it as they do AWS's.

Hosts get it into their system's store (host_files). Processes of this machine get it through `aws/trust.pem` in the
environment's folder, the file in which an environment may name whom to trust
(app/celery_platform/environment/account.py).
"""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

from emulated_region.plan import Region


@dataclass(frozen=True)
class Certificates:
    """PEM files in one folder: the authority's certificate, and a server's key and certificate."""

    folder: Path

    @property
    def authority(self) -> Path:
        """Whom to trust."""
        return self.folder / "ca.pem"

    @property
    def key(self) -> Path:
        """Every managed service's private key."""
        return self.folder / "server.key"

    @property
    def certificate(self) -> Path:
        """Every managed service's certificate: they are told apart by address, and it names all of them."""
        return self.folder / "server.pem"


def certificates(region: Region) -> Certificates:
    """Where the region's certificates are."""
    return Certificates(region.state / "tls")


def ensure_authority(region: Region) -> None:
    """Have an authority and the certificate it signed; once made, they stay until the region is stopped."""
    files = certificates(region)
    if not files.certificate.exists():
        files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ca = trustme.CA(organization_name=f"The emulated region of {region.environment}")
        issued = ca.issue_cert(str(region.valkey_address), str(region.broker_address))
        ca.cert_pem.write_to_path(files.authority)
        files.key.touch(mode=0o600)
        issued.private_key_pem.write_to_path(files.key)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        files.certificate.write_bytes(chain)  # last: its presence says that all are there
    _trust(region, files)


def _trust(region: Region, files: Certificates) -> None:
    """The system's authorities and ours: whoever is told to trust a file trusts that file alone on some systems."""
    system = ssl.get_default_verify_paths().cafile if "SSL_CERT_FILE" not in os.environ else None
    bundle = Path(system).read_text() if system else ""
    region.trust_file.parent.mkdir(parents=True, exist_ok=True)
    region.trust_file.write_text(files.authority.read_text() + bundle)


def remove_authority(region: Region) -> None:
    """Take back the trust; the files themselves go with the region's state."""
    region.trust_file.unlink(missing_ok=True)
