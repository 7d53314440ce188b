# ports.sh: TCP ports and a look at an HTTP answer, with bash alone.

# True if some process of this machine listens on TCP port $1, whatever the address.
port_is_taken() {
    local hex
    printf -v hex '%04X' "$1"
    awk -v port="$hex" '$4 == "0A" { n = split($2, a, ":"); if (a[n] == port) found = 1 } END { exit !found }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# The first free port from $1 on, of the next hundred.
port_free_from() {
    local port=$1
    while port_is_taken "$port"; do
        port=$((port + 1))
        [ "$port" -lt $(($1 + 100)) ] || return 1
    done
    echo "$port"
}

# http_status HOST PORT PATH [HEADER]: the status of GET, or nothing.
http_status() {
    (
        exec 3<>"/dev/tcp/$1/$2" || exit 0
        printf 'GET %s HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\n\r\n' \
            "$3" "${4:+$4$'\r\n'}" >&3
        read -r -t 5 _ status _ <&3 && echo "$status"
    ) 2>/dev/null
}

http_is_ok() {
    [ "$(http_status "$1" "$2" "$3")" = 200 ]
}

# http_body HOST PORT PATH: the body of GET. The answer must have a Content-Length.
http_body() {
    (
        exec 3<>"/dev/tcp/$1/$2" || exit 0
        printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$3" >&3
        sed '1,/^\r*$/d' <&3
    ) 2>/dev/null
}
