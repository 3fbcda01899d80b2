# Steps with their times. Independent steps run at once; each ends with one line, and a long one shows that it is alive.
#
#   begin NAME FUNCTION…   starts a step in the background, its output in log/up-NAME.log
#   await NAME…            waits for steps; the first failure is explained and ends the script
#   step NAME FUNCTION…    both

declare -A STEP_PID=() STEP_BEGAN=()
# Seconds between two signs of life where there is no terminal.
HEARTBEAT_SECONDS=30

if [[ -t 1 ]]; then
    BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' DIM=$'\e[2m' PLAIN=$'\e[0m' CLEAR_LINE=$'\r\e[K'
else
    BOLD='' GREEN='' RED='' DIM='' PLAIN='' CLEAR_LINE=''
fi

# Milliseconds since an arbitrary point, for differences.
now_ms() {
    local now=${EPOCHREALTIME/[.,]/}
    printf '%d' $((now / 1000))
}

# "1.2 s", or "3 min 4 s" from a minute on.
duration_of() {
    local ms=$1
    if ((ms < 60000)); then
        printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
    else
        printf '%d min %d s' $((ms / 60000)) $((ms % 60000 / 1000))
    fi
}

# Said at the end of the running step's line.
note() {
    printf '%s' "$1" >"$RUN/note.$STEP"
}

# What a long step is doing now; empty when it does not say.
progress_of() {
    local last
    [[ $1 == build ]] || return 0
    # cargo's own progress bar, of which the last state counts.
    last=$(tail -c 2000 "$LOGS/up-build.log" 2>/dev/null | tr '\r' '\n' | grep -v '^ *$' | tail -n 1) || true
    if [[ $last == *'Blocking waiting'* ]]; then
        printf ' waits for another cargo'
    elif [[ $last =~ \]\ ([0-9]+/[0-9]+) ]]; then
        printf ' %s' "${BASH_REMATCH[1]}"
    fi
}

begin() {
    local name=$1
    shift
    rm -f "$RUN/note.$name"
    STEP_BEGAN[$name]=$(now_ms)
    (
        STEP=$name
        trap - EXIT
        set -euo pipefail
        "$@"
    ) >"$LOGS/up-$name.log" 2>&1 </dev/null &
    STEP_PID[$name]=$!
}

await() {
    local name waiting=("$@") beat
    beat=$(now_ms)
    while ((${#waiting[@]} > 0)); do
        # A failure of any step ends the run at once, also of one that nobody waits for yet.
        for name in "${!STEP_PID[@]}"; do
            if ! kill -0 "${STEP_PID[$name]}" 2>/dev/null; then end_step "$name"; fi
        done
        local left=()
        for name in "${waiting[@]}"; do
            if [[ -v STEP_PID[$name] ]]; then left+=("$name"); fi
        done
        waiting=("${left[@]}")
        if ((${#waiting[@]} > 0)); then
            show_life
            sleep 0.1
        fi
    done
}

step() {
    begin "$@"
    await "$1"
}

# Uses the caller's `beat`.
show_life() {
    local name text='' now
    now=$(now_ms)
    if [[ -z $CLEAR_LINE ]] && ((now - beat < HEARTBEAT_SECONDS * 1000)); then return; fi
    if [[ -n $CLEAR_LINE ]] && ((now - beat < 500)); then return; fi
    beat=$now
    for name in "${!STEP_PID[@]}"; do
        text+="${text:+, }$name$(progress_of "$name") ($(duration_of $((now - STEP_BEGAN[$name]))))"
    done
    if [[ -n $CLEAR_LINE ]]; then
        printf '%s  %s… %s%s' "$CLEAR_LINE" "$DIM" "${text:0:100}" "$PLAIN"
    else
        printf '  … %s\n' "$text"
    fi
}

end_step() {
    local name=$1 code=0 text='' time
    wait "${STEP_PID[$name]}" || code=$?
    unset "STEP_PID[$name]"
    time=$(duration_of $(($(now_ms) - STEP_BEGAN[$name])))
    if [[ -r $RUN/note.$name ]]; then text=$(<"$RUN/note.$name"); fi
    if ((code == 0)); then
        printf '%s  %s✓%s %-10s %-58s %s%s%s\n' "$CLEAR_LINE" "$GREEN" "$PLAIN" "$name" "$text" "$DIM" "$time" "$PLAIN"
        return
    fi
    printf '%s  %s✗ %-10s failed after %s%s\n' "$CLEAR_LINE" "$RED" "$name" "$time" "$PLAIN"
    explain "$LOGS/up-$name.log"
    abandon_steps
    exit 1
}

# The end of a log, without cargo's progress bars, and where the whole of it is.
explain() {
    echo
    tr '\r' '\n' <"$1" | grep -v '^ *Building \[' | tail -n 25 | cut -c 1-300 | sed 's/^/      /'
    echo
    echo "    the whole log: $1"
}

# Steps that still run when another one failed have no one to report to.
abandon_steps() {
    local name
    for name in "${!STEP_PID[@]}"; do
        end_process_tree "${STEP_PID[$name]}"
    done
    STEP_PID=()
}

# For use within a step: says what is wrong, with the end of the log that explains it.
give_up() {
    echo "$1" >&2
    if [[ -n ${2:-} && -s $2 ]]; then
        echo "The last lines of $2:" >&2
        tail -n 15 "$2" >&2
    fi
    exit 1
}
