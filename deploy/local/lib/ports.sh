# Who listens on a port, from the kernel's own tables: a bare machine has no lsof and no ss.

# listeners: a line for each listening socket: its port in hexadecimal, its number, its user's id. Read once, since a busy
# machine has thousands of other sockets in these tables.
listeners() {
    awk '$4 == "0A" { n = split($2, address, ":"); print address[n], $10, $8 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null || true
}

# open_sockets: the number of every open socket that this user may see, and whose it is, as "[NUMBER] /proc/PID/fd".
open_sockets() {
    find /proc/[0-9]*/fd -lname 'socket:*' -printf '%l %h\n' 2>/dev/null | sed 's/^socket://' || true
}

# Whether one of the stack's own processes listens there: a worker's parent counts too.
is_ours() {
    local pid=$1 part own
    for part in "${PARTS[@]}"; do
        own=$(pid_of "$part") || continue
        [[ $pid == "$own" || $(parent_of "$pid") == "$own" ]] && return
    done
    return 1
}

parent_of() {
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    read -ra fields <<<"${stat##*) }"
    printf '%s' "${fields[1]}"
}

# Ends the script with all ports that somebody else holds. Before anything is started.
check_ports() {
    local name listening sockets hex inode user pid owner taken=()
    check_distinct_ports
    listening=$(listeners)
    sockets=$(open_sockets)
    for name in "${PORT_NAMES[@]}"; do
        printf -v hex '%04X' "${!name}"
        read -r _ inode user < <(grep "^$hex " <<<"$listening") || continue
        pid=$(grep -m 1 -F "[$inode] " <<<"$sockets" | cut -d / -f 3) || true
        if [[ -n $pid ]]; then
            is_ours "$pid" && continue
            owner="$(<"/proc/$pid/comm") (pid $pid)"
        else
            # Only root may look into the processes of others.
            owner="a process of the user $(id -un "$user" 2>/dev/null || echo "$user")"
        fi
        taken+=("$(printf '  %-20s %5d is taken by %s' "$name" "${!name}" "$owner")")
    done
    ((${#taken[@]} > 0)) || return 0
    {
        echo 'These ports are taken, so nothing was started:'
        printf '%s\n' "${taken[@]}"
        echo 'End what holds them, or choose other ports: `make up GATEWAY_PORT=9080`, or `make up PORT_OFFSET=100` for all.'
    } >&2
    exit 1
}

check_distinct_ports() {
    local name
    local -A seen=()
    for name in "${PORT_NAMES[@]}"; do
        if [[ -v seen[${!name}] ]]; then
            echo "$name and ${seen[${!name}]} are both ${!name}" >&2
            exit 1
        fi
        seen[${!name}]=$name
    done
}
