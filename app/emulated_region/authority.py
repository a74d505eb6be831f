"""The region's certificate authority, in place of the public ones of AWS.

Hosts have it in their system's store (host_files). Processes of this machine use `aws/trust.pem` in the environment's
folder, the file for additional authorities of an environment (app/celery_platform/environment/account.py).
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
        """The authority's certificate."""
        return self.folder / "ca.pem"

    @property
    def key(self) -> Path:
        """The private key of all managed services."""
        return self.folder / "server.key"

    @property
    def certificate(self) -> Path:
        """The certificate of all managed services, which contains all of their addresses."""
        return self.folder / "server.pem"


def certificates(region: Region) -> Certificates:
    """The region's certificates."""
    return Certificates(region.state / "tls")


def ensure_authority(region: Region) -> None:
    """Create the authority and the certificate that it signs, if they are missing. They stay until the region is stopped."""
    files = certificates(region)
    if not files.certificate.exists():
        files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ca = trustme.CA(organization_name=f"The emulated region of {region.environment}")
        issued = ca.issue_cert(str(region.valkey_address), str(region.broker_address))
        ca.cert_pem.write_to_path(files.authority)
        files.key.touch(mode=0o600)
        issued.private_key_pem.write_to_path(files.key)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        files.certificate.write_bytes(chain)  # written last, so that its presence means that all files exist
    _trust(region, files)


def _trust(region: Region, files: Certificates) -> None:
    """The system's authorities and ours, because a trust file replaces the system's authorities on some systems."""
    system = ssl.get_default_verify_paths().cafile if "SSL_CERT_FILE" not in os.environ else None
    bundle = Path(system).read_text() if system else ""
    region.trust_file.parent.mkdir(parents=True, exist_ok=True)
    region.trust_file.write_text(files.authority.read_text() + bundle)


def remove_authority(region: Region) -> None:
    """Remove the trust file. The other files are deleted with the region's state."""
    region.trust_file.unlink(missing_ok=True)
