# build.sh: configure and build. A second run with nothing changed takes a second.

# build_folder_fits FOLDER: false if it was configured for another place (a moved checkout).
build_folder_fits() {
    [ ! -f "$1/CMakeCache.txt" ] ||
        grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$1/CMakeCache.txt"
}

# ops/up and ops/test share build/, so they configure it alike.
BUILD_GCC=(-DCMAKE_C_COMPILER=gcc)

# build_configure FOLDER LOG [-DNAME=VALUE …]
build_configure() {
    local folder=$1 log=$2 generator=() made_with
    shift 2
    made_with="$* node=$(command -v node || true)" # without node there are no tests in JavaScript
    build_folder_fits "$folder" || rm -rf "$folder"
    mkdir -p "$folder"
    # what is configured already is configured again by the build itself when its files change
    [ "$(cat "$folder/.configured" 2>/dev/null)" != "$made_with" ] || return 0
    if [ ! -f "$folder/CMakeCache.txt" ] && command -v ninja >/dev/null; then
        generator=(-G Ninja)
    fi
    cmake -S "$ROOT" -B "$folder" "${generator[@]}" -DCMAKE_BUILD_TYPE=RelWithDebInfo "$@" >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "cmake failed; the whole story is in $log"
    }
    printf '%s' "$made_with" >"$folder/.configured"
}

# build_targets FOLDER LOG [TARGET …]: all when none is named.
build_targets() {
    local folder=$1 log=$2 targets=()
    shift 2
    [ "$#" = 0 ] || targets=(--target "$@")
    cmake --build "$folder" --parallel "$(nproc)" "${targets[@]}" >>"$log" 2>&1 || {
        grep -nE 'error|warning|FAILED' "$log" | tail -n 15 >&2
        die "the build failed; the whole story is in $log"
    }
}
