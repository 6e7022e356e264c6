#!/bin/sh
# Lays Debian's arm64 Java into a folder, for QEMU to run: `arm64_root.sh FOLDER`. Needs no root rights and no chroot.
set -eu
[ -x "$1/root/usr/lib/jvm/java-17-openjdk-arm64/bin/java" ] && exit 0
mkdir -p "$1"
folder=$(cd "$1" && pwd)
mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial" "$folder/root"
: > "$folder/state/status"
cat > "$folder/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Dir::State "$folder/state";
Dir::State::status "$folder/state/status";
Dir::Cache "$folder/cache";
CONF
export APT_CONFIG="$folder/apt.conf"
apt-get -qq update
apt-get -qq --yes --download-only install openjdk-17-jre-headless
for package in "$folder"/cache/archives/*.deb; do
  dpkg-deb -x "$package" "$folder/root"
done
rm -rf "$folder/cache" "$folder/state"
