#!/bin/sh
# A Debian release has only one version of RabbitMQ. To test an upgrade in place, this repackages the host's version under a higher number,
# in a local repository. The server is the same; the test covers the procedure.
set -eu
repository=/var/lib/newer
rm -rf "$repository" && mkdir -p "$repository" && cd "$repository"
apt-get download --quiet rabbitmq-server
dpkg-deb --raw-extract rabbitmq-server_*.deb package
rm rabbitmq-server_*.deb
sed -i 's/^Version: .*/Version: 4.0.99-1/' package/DEBIAN/control
dpkg-deb --build -Znone package rabbitmq-server_4.0.99-1_all.deb
rm -r package
{
  dpkg-deb --field rabbitmq-server_4.0.99-1_all.deb
  echo "Filename: ./rabbitmq-server_4.0.99-1_all.deb"
  echo "Size: $(stat --format %s rabbitmq-server_4.0.99-1_all.deb)"
  echo "SHA256: $(sha256sum rabbitmq-server_4.0.99-1_all.deb | cut -d ' ' -f 1)"
} > Packages
