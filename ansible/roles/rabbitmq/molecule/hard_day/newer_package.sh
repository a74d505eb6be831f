#!/bin/sh
# Debian has one RabbitMQ for each release, so an upgrade in place needs a newer package: this host's own under the next version number,
# in a repository of its own. The server inside is the same; what is tested is the way there.
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
