#!/bin/sh
# Installs a small package and puts a newer version of it into a local repository, so that the host has an upgrade pending.
# With the argument `reboot`, the newer version asks for a reboot, as a kernel does.
set -eu
repository=/var/lib/pending
build() {
  mkdir -p package/DEBIAN
  printf 'Package: pending\nVersion: %s\nArchitecture: all\nMaintainer: Molecule <molecule@example.com>\nDescription: Waits for its upgrade\n' "$1" \
    >package/DEBIAN/control
  printf '#!/bin/sh\nset -e\n%s\n' "$2" >package/DEBIAN/postinst
  chmod 0755 package/DEBIAN/postinst
  dpkg-deb --build -Znone package "pending_$1_all.deb"
}
rm -rf "$repository" && mkdir -p "$repository" && cd "$repository"
build 1.0 true
dpkg --install pending_1.0_all.deb
[ "${1:-}" = reboot ] && build 2.0 'echo "*** System restart required ***" >/run/reboot-required' || build 2.0 true
{
  dpkg-deb --field pending_2.0_all.deb
  echo "Filename: ./pending_2.0_all.deb"
  echo "Size: $(stat --format %s pending_2.0_all.deb)"
  echo "SHA256: $(sha256sum pending_2.0_all.deb | cut -d ' ' -f 1)"
} >Packages
echo "deb [trusted=yes] file:$repository ./" >/etc/apt/sources.list.d/pending.list
