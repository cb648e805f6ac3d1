#!/bin/sh
# Makes the file system of the container image: the binary, the libraries that it is linked with, and two directories
# for its user. Nothing else: no shell, no package manager.
#
# usage: packaging/container_root.sh BINARY FOLDER
set -eu
binary=$1
folder=$2
mkdir -p "$folder/data" "$folder/tmp"
cp "$binary" "$folder/sweep"
# The dynamic loader is one of them; the kernel's own vdso has no path.
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$folder$(dirname "$library")"
    cp -L "$library" "$folder$library"
done
chmod 1777 "$folder/tmp"
chown 65532:65532 "$folder/data"
