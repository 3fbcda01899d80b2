# Long-running processes, each remembered by a file in run/: its pid, when that pid began, the machine's boot, and what
# it was started from. So a pid that the kernel has given to another process since is never taken for ours.

# The kernel's start time of a process; fails when there is none.
began_at() {
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The command's name, in brackets, may hold spaces: count from behind it. The 20th field from there is the time.
    read -ra fields <<<"${stat##*) }"
    # A zombie is dead: it only waits for its parent to hear of it.
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s' "${fields[19]}"
}

boot_id() {
    cat /proc/sys/kernel/random/boot_id
}

# pid_of NAME: the pid of the running process, or a failure.
pid_of() {
    local pid began boot
    { read -r pid began boot _ <"$RUN/$1.pid"; } 2>/dev/null || return 1
    [[ $boot == "$(boot_id)" && $began == "$(began_at "$pid")" ]] || return 1
    printf '%s' "$pid"
}

is_running() {
    pid_of "$1" >/dev/null
}

# What the running process was started from, as given to `start_process`.
origin_of() {
    local origin
    { read -r _ _ _ origin <"$RUN/$1.pid"; } 2>/dev/null && printf '%s' "$origin"
}

# fingerprint FILE…: changes when one of the files does.
fingerprint() {
    local file
    for file in "$@"; do
        # A program by its identity (reading it takes time), a text by its content: it is written anew at each `up`.
        if [[ -x $file ]]; then stat -Lc '%i.%Y.%s' "$file"; else cksum <"$file"; fi
    done | cksum | cut -d ' ' -f 1
}

# start_process NAME ORIGIN COMMAND…: in the background, in a session of its own, its output in log/NAME.log. The files
# named in START_ENV add their NAME=value lines to its environment.
START_ENV=()
start_process() {
    local name=$1 origin=$2 pid began
    shift 2
    (
        # A daemon must not keep our locks and pipes.
        close_inherited_files
        export_files "${START_ENV[@]}"
        exec setsid "$@"
    ) >>"$LOGS/$name.log" 2>&1 </dev/null &
    pid=$!
    disown "$pid"
    began=$(began_at "$pid") || give_up "$name ended as soon as it started" "$LOGS/$name.log"
    echo "$pid $began $(boot_id) $origin" >"$RUN/$name.pid"
}

export_files() {
    local file line
    for file in "$@"; do
        [[ -r $file ]] || continue
        while IFS= read -r line; do
            if [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*= ]]; then export "${line?}"; fi
        done <"$file"
    done
}

# start_or_keep NAME ORIGIN STOP COMMAND…: leaves a running process alone unless what it was started from has changed;
# says which of these in STARTED.
start_or_keep() {
    local name=$1 origin=$2 stop=$3
    shift 3
    STARTED=started
    if is_running "$name"; then
        if [[ $(origin_of "$name") == "$origin" ]]; then
            STARTED='kept running'
            return
        fi
        "$stop" "$name"
        STARTED='restarted, since it has changed,'
    fi
    start_process "$name" "$origin" "$@"
}

close_inherited_files() {
    local path fd
    for path in /proc/self/fd/*; do
        fd=${path##*/}
        if ((fd > 2)); then eval "exec $fd>&-"; fi
    done
}

# stop_process NAME SECONDS [SIGNAL]: asks it to end, waits, and kills it when it does not.
stop_process() {
    local name=$1 seconds=$2 signal=${3:-TERM} pid
    if pid=$(pid_of "$name"); then
        kill -"$signal" "$pid" 2>/dev/null || true
        if ! wait_until "$seconds" is_gone "$name"; then
            echo "$name (pid $pid) did not end within $seconds s and is killed"
            kill -KILL "$pid" 2>/dev/null || true
            wait_until 5 is_gone "$name" || true
        fi
    fi
    rm -f "$RUN/$name.pid"
}

is_gone() {
    ! is_running "$1"
}

# Ends a step's shell and everything below it, children first so that none is orphaned.
end_process_tree() {
    local child
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
        end_process_tree "$child"
    done
    kill -TERM "$1" 2>/dev/null || true
}

# wait_until SECONDS COMMAND…: tries every 50 ms.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS <= deadline)) || return 1
        sleep 0.05
    done
}

# wait_for NAME SECONDS COMMAND…: until the command holds, as long as the process lives.
wait_for() {
    local name=$1 seconds=$2
    shift 2
    wait_until "$seconds" holds_or_died "$name" "$@" || give_up "$name is not ready after $seconds s" "$LOGS/$name.log"
    is_running "$name" || give_up "$name ended by itself" "$LOGS/$name.log"
}

holds_or_died() {
    local name=$1
    shift
    "$@" 2>/dev/null || ! is_running "$name"
}

# Whether something accepts connections on a loopback port.
port_answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
