# children.sh: start, watch and stop the processes of one site. Only by process id, and only after
# a look that the id still is the process that was started (its start time in /proc).

declare -a CHILD_NAMES=()      # in order of start
declare -A CHILD_COMMAND=()    # shell words
declare -A CHILD_PID=()        # empty while waiting to be started again
declare -A CHILD_STARTED=()    # SECONDS
declare -A CHILD_DELAY=()      # seconds to wait before the next start
declare -A CHILD_DUE=()        # SECONDS at which it is started again
CHILD_DELAY_MAX=30
CHILD_HEALTHY_S=60

# Field 22 of /proc/PID/stat: when the process began. Empty if there is none.
process_start_time() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    stat=${stat##*) }
    # shellcheck disable=SC2086  # split into fields
    set -- $stat
    echo "${20}"
}

# child_spawn NAME: (re)start it with the command it was given.
child_spawn() {
    local name=$1
    # A session of its own: Ctrl-C reaches this script only, and children stop in order. They do
    # not inherit the locks (descriptors 8 and 9).
    eval "exec setsid ${CHILD_COMMAND[$name]}" >>"$DATA/log/$name.log" 2>&1 </dev/null 4>&- 8>&- 9>&- &
    CHILD_PID[$name]=$!
    CHILD_STARTED[$name]=$SECONDS
    printf '%s %s\n' "$!" "$(process_start_time "$!")" >"$DATA/run/$name.pid"
}

# child_start NAME COMMAND…: with a fresh log.
child_start() {
    local name=$1
    shift
    [ ! -s "$DATA/log/$name.log" ] || mv "$DATA/log/$name.log" "$DATA/log/$name.log.1"
    CHILD_NAMES+=("$name")
    printf -v CHILD_COMMAND["$name"] '%q ' "$@"
    CHILD_DELAY[$name]=1
    child_spawn "$name"
}

child_runs() {
    [ -n "${CHILD_PID[$1]:-}" ] && kill -0 "${CHILD_PID[$1]}" 2>/dev/null
}

# child_await NAME SECONDS WHAT COMMAND…: until the command succeeds; dies when the child does.
child_await() {
    local name=$1 deadline=$((SECONDS + $2)) what=$3
    shift 3
    until "$@"; do
        child_runs "$name" || {
            tail -n 5 "$DATA/log/$name.log" >&2
            die "$name ended before $what; its log is $DATA/log/$name.log"
        }
        [ "$SECONDS" -lt "$deadline" ] || die "$name: waited in vain until $what; its log is $DATA/log/$name.log"
        sleep 0.05
    done
}

# One look at all children: report who ended, start again who is due.
children_tend() {
    local name status
    for name in "${CHILD_NAMES[@]}"; do
        if [ -z "${CHILD_PID[$name]}" ]; then
            [ "$SECONDS" -lt "${CHILD_DUE[$name]}" ] || {
                child_spawn "$name"
                say "$name is started again (process ${CHILD_PID[$name]})."
            }
        elif ! child_runs "$name"; then
            status=0
            wait "${CHILD_PID[$name]}" || status=$?
            [ $((SECONDS - CHILD_STARTED[$name])) -lt "$CHILD_HEALTHY_S" ] || CHILD_DELAY[$name]=1
            say "$name ended with status $status; starting it again in ${CHILD_DELAY[$name]} s" \
                "(log: $DATA/log/$name.log)"
            CHILD_PID[$name]=
            CHILD_DUE[$name]=$((SECONDS + CHILD_DELAY[$name]))
            CHILD_DELAY[$name]=$((CHILD_DELAY[$name] * 2))
            [ "${CHILD_DELAY[$name]}" -le "$CHILD_DELAY_MAX" ] || CHILD_DELAY[$name]=$CHILD_DELAY_MAX
        fi
    done
}

# process_stop PID START_TIME SECONDS NAME: TERM, wait, KILL.
process_stop() {
    local pid=$1 began=$2 deadline=$((SECONDS + $3)) name=$4
    [ -n "$began" ] && [ "$(process_start_time "$pid")" = "$began" ] || return 0
    kill -TERM "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null && [ "$(process_start_time "$pid")" = "$began" ]; do
        # one that is dead but not yet waited for (state Z) has stopped
        [[ $(sed -n 's/^State:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null) != Z* ]] || break
        [ "$SECONDS" -lt "$deadline" ] || {
            say "$name (process $pid) does not stop; ending it by force"
            kill -KILL "$pid" 2>/dev/null || true
            break
        }
        sleep 0.05
    done
}

# Names of this site's processes in the order in which they stop: gateways, workers, sandbox, Redis.
children_stop_order() {
    local prefix file
    for prefix in gateway worker sandbox redis; do
        for file in "$DATA/run/$prefix"*.pid; do
            [ ! -e "$file" ] || basename "$file" .pid
        done
    done
}

# Stop what this run started, or what a run that was killed has left behind.
children_stop() {
    local name pid began
    for name in $(children_stop_order); do
        pid="" began=""
        read -r pid began <"$DATA/run/$name.pid" || true
        process_stop "${pid:-0}" "$began" "${STOP_SECONDS:-15}" "$name"
        [ -z "${CHILD_PID[$name]:-}" ] || wait "${CHILD_PID[$name]}" 2>/dev/null || true
        rm -f "$DATA/run/$name.pid"
    done
    CHILD_NAMES=()
}
