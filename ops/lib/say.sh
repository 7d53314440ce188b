# say.sh: what the scripts tell a person. It goes to stderr, so that stdout stays for results; to a
# copy of it (descriptor 4), because bash's own words about dead children are not for everybody.
exec 4>&2

say() {
    printf '%s\n' "$*" >&4
}

# One step of the start, with the time since the script began.
step() {
    printf '[%3ds] %s\n' "$SECONDS" "$*" >&4
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&4
    exit 1
}

# need_value OPTION COUNT: an option that must be followed by its value.
need_value() {
    [ "$2" -ge 2 ] || die "$1 needs a value; see ${0##*/} --help"
}

# need_number OPTION VALUE LEAST MOST
need_number() {
    if ! [[ $2 =~ ^[0-9]{1,9}$ ]] || [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
        die "$1 wants a number from $3 to $4, not '$2'"
    fi
}
