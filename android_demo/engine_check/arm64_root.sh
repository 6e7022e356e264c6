#!/bin/sh
# Lays Debian packages for arm64 into a folder, for QEMU to run: `arm64_root.sh FOLDER SUITE PACKAGE...`.
# Needs no root rights and no chroot.
set -eu
[ -e "$1/laid" ] && exit 0
rm -rf "$1"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial" "$folder/root"
: > "$folder/state/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $2 main" > "$folder/sources.list"
cat > "$folder/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Dir::State "$folder/state";
Dir::State::status "$folder/state/status";
Dir::Cache "$folder/cache";
Dir::Etc::SourceList "$folder/sources.list";
Dir::Etc::SourceParts "-";
CONF
export APT_CONFIG="$folder/apt.conf"
shift 2
apt-get -qq update
apt-get -qq --yes --download-only install "$@"
for package in "$folder"/cache/archives/*.deb; do
  dpkg-deb -x "$package" "$folder/root"
done
# base-files would bring these, which programs name in full.
[ -e "$folder/root/lib" ] || ln -s usr/lib "$folder/root/lib"
rm -rf "$folder/cache" "$folder/state"
touch "$folder/laid"
