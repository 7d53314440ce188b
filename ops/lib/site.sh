# site.sh: one folder with everything a running site owns: keys, settings, Redis data, logs, tokens.
# Wants ROOT (the checkout), BIN (the folder with the programs) and DATA (absolute) to be set, and
# LISTEN, PORT_ASKED, GATEWAYS, WORKERS, REGION, TOWNSHIPS, POLICY, CALENDAR as ops/up knows them.

MORE_SETTINGS=() # lines for the settings file

# site_folders: make them, private to the user; take the lock of the folder.
site_folders() {
    umask 077
    mkdir -p "$DATA" || die "cannot make the folder $DATA"
    exec 9>"$DATA/lock"
    flock -n 9 || die "the folder $DATA is in use by another ops/up; give --data another folder"
    mkdir -p "$DATA"/{keys,tokens,run,log,redis,sandbox,site}
    [ "$(cat "$DATA/site/region" 2>/dev/null || echo "$REGION")" = "$REGION" ] ||
        die "$DATA serves region $(cat "$DATA/site/region"); give --data another folder for $REGION"
    echo "$REGION" >"$DATA/site/region"
    SOCKET=$DATA/run/redis.sock
    CONFIG=$DATA/run/site.conf
    [ "${#SOCKET}" -le 100 ] ||
        die "the path of $DATA is too long for a socket; give --data a shorter one"
}

# secret_file NAME BYTES: hex digits from the kernel, made once.
secret_file() {
    local file=$DATA/keys/$1
    [ -s "$file" ] || {
        od -An -v -tx1 -N"$2" /dev/urandom | tr -d ' \n' >"$file.new"
        mv "$file.new" "$file"
    }
}

site_secrets() {
    secret_file master.key 32
    secret_file callback.secret 24
    secret_file bank.token 24
    secret_file sms.password 16
    secret_file sms.secret 24
}

secret() {
    cat "$DATA/keys/$1"
}

# Half of the machine's memory (or of the control group's share), at least 256 MB.
redis_memory() {
    local kib limit file
    kib=$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)
    for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
        limit=$(cat "$file" 2>/dev/null) || continue
        [[ $limit =~ ^[0-9]{1,15}$ ]] && [ $((limit / 1024)) -lt "$kib" ] && kib=$((limit / 1024))
    done
    kib=$((kib / 2))
    [ "$kib" -ge 262144 ] || kib=262144
    echo "${kib}kb"
}

redis_answers() {
    [ "$(redis-cli -s "$SOCKET" ping 2>/dev/null)" = PONG ]
}

site_start_redis() {
    sed -e "s|@SOCKET@|$SOCKET|" -e "s|@DIR@|$DATA/redis|" -e "s|@MAXMEMORY@|$(redis_memory)|" \
        "$ROOT/ops/redis/redis.conf.in" >"$DATA/run/redis.conf"
    child_start redis "$(command -v redis-server)" "$DATA/run/redis.conf"
    child_await redis 120 "it answered" redis_answers
}

# The settings of all processes. Called again when the ports are known. The bank adds /on-disburse to
# the callback's address.
site_write_config() {
    case "$LISTEN" in
    0.0.0.0) LOCAL=127.0.0.1 ;;
    ::) LOCAL=::1 ;;
    *) LOCAL=$LISTEN ;;
    esac
    case "$LOCAL" in
    *:*) URL="http://[$LOCAL]:$PORT" ;;
    *) URL=http://$LOCAL:$PORT ;;
    esac
    BANK_URL=http://127.0.0.1:${BANK_PORT:-0}
    cat >"$CONFIG.new" <<EOF
# Written by ops/up at every start.
region = $REGION
redis_socket = $SOCKET
data_dir = $DATA/site
listen = $LISTEN
port = $PORT
master_key_file = $DATA/keys/master.key
policy_file = $POLICY
calendar_file = $CALENDAR
townships_file = $DATA/site/townships.set
bank_url = $BANK_URL
bank_token = $(secret bank.token)
pay_profile_dir = $ROOT/ops/pay
callback_url = $URL/v1/payments/callback/g2p/$(secret callback.secret)
callback_secret = $(secret callback.secret)
sms_url = $BANK_URL/cgi-bin/sendsms
sms_user = jiuji
sms_password = $(secret sms.password)
sms_secret = $(secret sms.secret)
sms_report_url = $URL/v1/sms/kannel/$(secret sms.secret)/dlr
EOF
    [ "${#MORE_SETTINGS[@]}" = 0 ] || printf '%s\n' "${MORE_SETTINGS[@]}" >>"$CONFIG.new"
    mv "$CONFIG.new" "$CONFIG"
}

ctl() {
    "$BIN/jiujictl" --config "$CONFIG" "$@"
}

# must WHAT COMMAND…: quiet when it works; its words and ours when it does not.
must() {
    local what=$1 words
    shift
    words=$("$@" 2>&1) || {
        printf '%s\n' "$words" >&2
        die "$what failed"
    }
}

# Compile the list of townships: the one that comes along, or the site's own. Only when the list or
# the compiler changed.
site_townships() {
    local out=$DATA/site/townships.set made_of command
    if [ -n "$TOWNSHIPS" ]; then
        command=(import "$TOWNSHIPS")
        made_of=$(cat "$TOWNSHIPS" "$BIN/jiujictl" | cksum)
    else
        command=(compile --from "$ROOT/ops/townships")
        made_of=$(cat "$ROOT"/ops/townships/*.gz "$BIN/jiujictl" | cksum)
    fi
    [ ! -f "$out" ] || [ "$(cat "$out.made-of" 2>/dev/null)" != "$made_of" ] || return 0
    step "Compiling the list of townships"
    must "compiling the townships" "$BIN/jiujictl" townships "${command[@]}" --out "$out"
    printf '%s' "$made_of" >"$out.made-of"
}

sandbox_port_is_known() {
    BANK_PORT=$(sed -n 's/^port=\([0-9]\{1,5\}\)$/\1/p' "$DATA/log/sandbox.log" | tail -n 1)
    [ -n "$BANK_PORT" ]
}

# The sandbox takes any free port, and the same again when it must be started anew.
site_start_sandbox() {
    local command=("$BIN/jiuji-sandbox" --listen 127.0.0.1 --data "$DATA/sandbox"
        --bank-token "$(secret bank.token)" --sms-user jiuji
        --sms-password "$(secret sms.password)" "$@")
    child_start sandbox "${command[@]}" --port 0
    child_await sandbox 20 "it listened" sandbox_port_is_known
    printf -v CHILD_COMMAND[sandbox] '%q ' "${command[@]}" --port "$BANK_PORT"
}

# The port asked for, or the first free one from 8600. A lock of the machine (descriptor 8) keeps
# two starts at the same moment from taking the same one: gateways share a port on purpose.
site_choose_port() {
    exec 8</
    flock -w 60 8 || die "another start holds the machine's lock for a minute"
    if [ -n "$PORT_ASKED" ]; then
        PORT=$PORT_ASKED
        ! port_is_taken "$PORT" || die "port $PORT is taken; give --listen another one"
    else
        PORT=$(port_free_from 8600) || die "ports 8600 to 8699 are all taken; use --listen IP:PORT"
    fi
}

gateway_listens() {
    grep -q 'event=listening' "$DATA/log/$1.log"
}

site_start_gateways() {
    local i
    for ((i = 1; i <= GATEWAYS; i++)); do
        mkdir -p "$DATA/site/gateway-$i"
        child_start "gateway-$i" "$BIN/jiuji-gateway" --config "$CONFIG" \
            --node "$i" --data_dir "$DATA/site/gateway-$i"
    done
    for ((i = 1; i <= GATEWAYS; i++)); do
        child_await "gateway-$i" 30 "it listened" gateway_listens "gateway-$i"
    done
    exec 8>&-
    child_await gateway-1 30 "it was ready" http_is_ok "$LOCAL" "$PORT" /readyz
}

site_start_workers() {
    local i
    for ((i = 1; i <= WORKERS; i++)); do
        mkdir -p "$DATA/site/worker-$i"
        child_start "worker-$i" "$BIN/jiuji-worker" --config "$CONFIG" \
            --worker_name "worker-$i" --data_dir "$DATA/site/worker-$i"
    done
}

# site_token FILE-NAME ARGUMENTS…: kept in tokens/; made anew when the gateway no longer takes it.
site_token() {
    local file=$DATA/tokens/$1.token
    shift
    if [ -s "$file" ] && [ "$(http_status "$LOCAL" "$PORT" /v1/cases/0 \
        "Authorization: Bearer $(cat "$file")")" != 401 ]; then
        return 0
    fi
    ctl token create "$@" >"$file.new" || die "making the token $file failed"
    mv "$file.new" "$file"
}

# Everything but tokens and the demo, in the order in which the processes need each other.
site_start() {
    site_secrets
    [ -z "$(children_stop_order)" ] || {
        step "Stopping what a start that was killed has left behind"
        children_stop
    }
    site_choose_port
    BANK_PORT=
    site_write_config
    site_townships
    step "Starting Redis (its own, in $DATA/redis)"
    site_start_redis
    must "loading the store's functions" ctl store load
    step "Starting the sandbox bank and SMS operator, the gateway and the workers"
    site_start_sandbox "$@"
    site_write_config
    site_start_gateways
    site_start_workers
}
