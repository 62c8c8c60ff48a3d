#!/usr/bin/env bash
# Installs the C libraries that the build needs, and only those that are missing; checks the Swift toolchain.
# Safe to run any number of times; quiet and fast when nothing is missing.
set -euo pipefail

needed_swift="6.1"
debian_packages=(libopenblas-dev liblapacke-dev zlib1g-dev libssl-dev)

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

check_swift() {
    command -v swift >/dev/null 2>&1 ||
        fail "Swift is not installed. Swift $needed_swift or newer: https://www.swift.org/install"
    local found
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    if [ -z "$found" ]; then fail "could not tell the version of $(command -v swift)"; fi
    if [ "$(printf '%s\n' "$needed_swift" "$found" | sort -V | head -n 1)" != "$needed_swift" ]; then
        fail "Swift $found is too old; $needed_swift or newer is needed: https://www.swift.org/install"
    fi
}

install_on_debian() {
    local missing=() package
    for package in "${debian_packages[@]}"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    if [ ${#missing[@]} -eq 0 ]; then return; fi

    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || fail "run this as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    echo "setup: installing ${missing[*]}"
    ${as_root[@]+"${as_root[@]}"} apt-get update -qq
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# Elsewhere nothing is installed: the headers are there, or the user is told what is missing.
check_headers() {
    local compiler header missing=()
    compiler=$(command -v clang || command -v cc) || fail "there is no C compiler; the Swift toolchain brings clang"
    for header in cblas.h lapacke.h zlib.h openssl/sha.h; do
        printf '#include <%s>\n' "$header" | "$compiler" -E -x c - >/dev/null 2>&1 || missing+=("$header")
    done
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    local headers="the compiler does not find ${missing[*]}"
    case "$(uname -s)" in
        Darwin)
            fail "$headers" \
                "brew install openblas lapack openssl, then let the compiler find them:" \
                "export CPATH=\$(brew --prefix openblas)/include:\$(brew --prefix lapack)/include:\$(brew --prefix openssl)/include" \
                "export LIBRARY_PATH=\$(brew --prefix openblas)/lib:\$(brew --prefix lapack)/lib:\$(brew --prefix openssl)/lib" \
                "(this system is not tested)" ;;
        *)
            fail "$headers" \
                "Install the development files of OpenBLAS, LAPACKE, zlib and OpenSSL." \
                "Fedora: dnf install openblas-devel lapack-devel zlib-devel openssl-devel" \
                "Arch: pacman -S openblas lapacke zlib openssl" \
                "(only Debian is tested)" ;;
    esac
}

check_swift
if command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1; then
    install_on_debian
else
    check_headers
fi
