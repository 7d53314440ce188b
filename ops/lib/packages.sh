# packages.sh: Debian packages. Asks dpkg what is there and installs only what is missing.

PACKAGES_BUILD=(gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libhiredis-dev
    libcurl4-openssl-dev libcjson-dev libssl-dev zlib1g-dev libcmocka-dev libxml2-dev)
PACKAGES_RUN=(redis-server redis-tools)
PACKAGES_TEST=(clang nodejs libxml2-utils)
# Tests that need them say SKIPPED without them.
# openssh-server is there for its program alone: a private sshd of the test, never the system's service.
PACKAGES_OPTIONAL=(kannel kannel-extras openssh-server openssh-client)

# Debian 13 has llhttp as a library; Debian 12 ships its sources inside node-llhttp.
package_llhttp() {
    if [ -n "$(apt-cache search --names-only '^libllhttp-dev$' 2>/dev/null)" ]; then
        echo libllhttp-dev
    else
        echo node-llhttp
    fi
}

package_is_here() {
    case "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" in
    *' installed') return 0 ;;
    esac
    return 1
}

# A program from elsewhere serves as well as the package of the same purpose.
package_is_needed() {
    case "$1" in
    gcc | cmake | clang | redis-server) command -v "$1" >/dev/null && return 1 ;;
    ninja-build) command -v ninja >/dev/null || command -v make >/dev/null && return 1 ;;
    redis-tools) command -v redis-cli >/dev/null && return 1 ;;
    nodejs) command -v node >/dev/null && return 1 ;;
    esac
    ! package_is_here "$1"
}

# Run as root: directly or through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# While it stands, Debian's maintainer scripts start no service. One that is there already is left alone.
POLICY_RC=/usr/sbin/policy-rc.d

policy_stop_services() {
    [ -e "$POLICY_RC" ] && return 0
    printf '#!/bin/sh\n# jiuji: no service starts while packages are installed\nexit 101\n' |
        as_root tee "$POLICY_RC" >/dev/null
    as_root chmod 755 "$POLICY_RC"
    POLICY_IS_OURS=1
}

# Also for the EXIT trap of every script that installs.
policy_restore() {
    [ -z "${POLICY_IS_OURS:-}" ] || as_root rm -f "$POLICY_RC"
    POLICY_IS_OURS=
}

# packages_ensure LOG PACKAGE…: install what is missing.
packages_ensure() {
    local log=$1 missing=() name
    shift
    command -v dpkg-query >/dev/null || {
        say "This is not Debian: taking for granted what the build needs (see ops/install.md)."
        return 0
    }
    for name in "$@"; do
        ! package_is_needed "$name" || missing+=("$name")
    done
    if ! package_is_here libllhttp-dev && ! package_is_here node-llhttp; then
        missing+=("llhttp (libllhttp-dev or node-llhttp)")
    fi
    [ "${#missing[@]}" -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        die "these Debian packages are missing: ${missing[*]}; run as root, or have sudo"
    step "Installing from Debian: ${missing[*]}"
    packages_install "$log" "${missing[@]}"
}

packages_install() {
    local log=$1 status=0 names=() name
    shift
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300)
    as_root "${apt[@]}" update >>"$log" 2>&1 || say "apt-get update complains (see $log); going on"
    for name in "$@"; do
        [[ $name != llhttp* ]] || name=$(package_llhttp)
        names+=("$name")
    done
    policy_stop_services
    as_root "${apt[@]}" install --no-install-recommends "${names[@]}" >>"$log" 2>&1 || status=$?
    policy_restore
    [ "$status" = 0 ] || {
        tail -n 15 "$log" >&2
        die "the packages could not be installed; the whole story is in $log"
    }
}

# A service that was installed for its program alone: not started by a later boot either.
service_stays_off() {
    if command -v deb-systemd-helper >/dev/null; then
        as_root deb-systemd-helper disable "$1.service" "$1.socket" >/dev/null 2>&1 || true
    fi
    as_root update-rc.d "$1" disable >/dev/null 2>&1 || true
}

# packages_try LOG PACKAGE…: install what is missing and can be had; whatever happens is no failure.
packages_try() {
    local log=$1 missing=() name
    shift
    command -v dpkg-query >/dev/null || return 0
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 0
    for name in "$@"; do
        package_is_here "$name" || [ -z "$(apt-cache search --names-only "^$name\$" 2>/dev/null)" ] ||
            missing+=("$name")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    step "Installing from Debian for some tests: ${missing[*]}"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=60)
    as_root "${apt[@]}" update >>"$log" 2>&1 || say "apt-get update complains (see $log); going on"
    policy_stop_services
    as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
        say "not installed (see $log): their tests say SKIPPED"
    case " ${missing[*]} " in
    *' openssh-server '*) service_stays_off ssh ;;
    esac
    policy_restore
}

# npm_try LOG FOLDER: the packages of tests/package.json into FOLDER, if npm is there and reaches its registry; their
# install scripts do not run. Whatever happens is no failure: the tests that want them say SKIPPED.
npm_try() {
    local log=$1 folder=$2
    command -v npm >/dev/null || return 0
    mkdir -p "$folder"
    if ! cmp -s "$ROOT/tests/package.json" "$folder/package.json" || [ ! -d "$folder/node_modules" ]; then
        step "Fetching npm packages for some tests"
        cp "$ROOT/tests/package.json" "$folder/package.json"
        (cd "$folder" &&
            timeout 300 npm install --no-audit --no-fund --no-package-lock --ignore-scripts) >>"$log" 2>&1 || {
            rm -f "$folder/package.json"
            say "not fetched (see $log): their tests say SKIPPED"
        }
    fi
    export NODE_PATH="$folder/node_modules${NODE_PATH:+:$NODE_PATH}"
}
