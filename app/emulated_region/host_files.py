"""What a host finds in its file system before its first start: what a machine image and an instance role give."""

import io
import tarfile

from emulated_region.authority import certificates
from emulated_region.plan import Region

# What Debian starts by itself and a container cannot or should not do. The daily package runs hold dpkg's lock at a
# random moment, which on EC2 is the same trouble; here they would only make a run slower.
MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "console-getty.service", "dev-hugepages.mount",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer", "fstrim.timer", "getty@tty1.service", "sys-kernel-config.mount", "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount", "systemd-modules-load.service", "systemd-udevd.service", "systemd-udev-trigger.service",
)  # fmt: skip


def aws_variables(region: Region) -> dict[str, str]:
    """What every process of a host sees; on EC2 the instance's role and the region's own endpoints stand for it."""
    return {
        "AWS_ENDPOINT_URL": region.inner_endpoint,
        "AWS_REGION": region.aws_region,
        "AWS_DEFAULT_REGION": region.aws_region,
        "AWS_ACCESS_KEY_ID": region.access_key,
        "AWS_SECRET_ACCESS_KEY": region.secret_key,
    }


def archive(region: Region) -> bytes:
    """A tar of the files, to be unpacked at the root of the host's file system."""
    variables = aws_variables(region)
    defaults = " ".join(f'"{key}={value}"' for key, value in variables.items())
    files = {
        "etc/systemd/system.conf.d/10-aws.conf": f"[Manager]\nDefaultEnvironment={defaults}\n",
        # Whom the image's own certificates would vouch for, had AWS signed; `update-ca-certificates` takes it in.
        "usr/local/share/ca-certificates/region.crt": certificates(region).authority.read_text(),
        "etc/environment": "".join(f"{key}={value}\n" for key, value in variables.items()),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(text.encode()), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
        for unit in MASKED:
            entry = tarfile.TarInfo(f"etc/systemd/system/{unit}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "/dev/null"
            tar.addfile(entry)
    return buffer.getvalue()
