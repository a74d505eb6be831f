"""Files in a host's file system before its first start, in place of a machine image and an instance role."""

import io
import tarfile

from emulated_region.authority import certificates
from emulated_region.plan import Region

# Units that Debian starts and that a container cannot or should not run. The daily apt runs lock dpkg at random times, as
# on EC2; here they would only slow a run down.
MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "console-getty.service", "dev-hugepages.mount",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer", "fstrim.timer", "getty@tty1.service", "sys-kernel-config.mount", "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount", "systemd-modules-load.service", "systemd-udevd.service", "systemd-udev-trigger.service",
)  # fmt: skip


def aws_variables(region: Region) -> dict[str, str]:
    """Variables of every process of a host, in place of the instance's role and the region's endpoints on EC2."""
    return {
        "AWS_ENDPOINT_URL": region.inner_endpoint,
        "AWS_REGION": region.aws_region,
        "AWS_DEFAULT_REGION": region.aws_region,
        "AWS_ACCESS_KEY_ID": region.access_key,
        "AWS_SECRET_ACCESS_KEY": region.secret_key,
    }


def archive(region: Region) -> bytes:
    """A tar archive of the files, to be unpacked at the root of the host's file system."""
    variables = aws_variables(region)
    defaults = " ".join(f'"{key}={value}"' for key, value in variables.items())
    files = {
        "etc/systemd/system.conf.d/10-aws.conf": f"[Manager]\nDefaultEnvironment={defaults}\n",
        # The region's authority, which `update-ca-certificates` adds to the image's authorities.
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
