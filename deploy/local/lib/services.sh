# The programs of this repository: built by one cargo call, migrated, started, waited for.

# What cargo builds. The tests ask for everything at once, so that they and their stack come from one build.
BUILD_TARGETS=${BUILD_TARGETS:---bins}
# A service on a busy machine may wait long for its share of it.
READY_SECONDS=60

build() {
    # Profilers walk the stack by frame pointers; they cost next to nothing.
    if [[ $BUILD_PROFILE == release ]]; then export RUSTFLAGS=-Cforce-frame-pointers=yes; fi
    # The bar goes to a log, from which the progress is read.
    (cd "$ROOT" && CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=80 CARGO_TERM_COLOR=never \
        cargo build --workspace --profile "$BUILD_PROFILE" ${CI:+--locked} $BUILD_TARGETS)
    if grep -q '^ *Compiling' "$LOGS/up-build.log"; then note 'compiled'; else note 'nothing to compile'; fi
}

http_status() {
    curl -s -o /dev/null -m 3 -w '%{http_code}' "$1" || true
}

# run_as_service NAME COMMAND…: one of its one-shot commands, in its environment.
run_as_service() {
    local service=$1
    shift
    (
        export_files "$STATE/services/$service.env"
        exec "$BIN/$service" "$@"
    )
}

migrate_all() {
    local service pids=() failed=0
    for service in "${SERVICES[@]}"; do
        run_as_service "$service" migrate &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
    ((failed == 0)) || give_up 'a migration failed'
    note "the schemas of ${#SERVICES[@]} services are up to date"
}

make_topics() {
    run_as_service order topics
    note "the topics exist, with $KAFKA_PARTITIONS partitions each"
}

start_simulator() {
    local environment=$STATE/services/simulator.env
    mkdir -p "$STATE/data/simulator"
    START_ENV=("$environment" "$STATE/overrides/simulator.env")
    start_or_keep simulator "$(fingerprint "$BIN/simulator" "$environment")" stop_simulator "$BIN/simulator"
    START_ENV=()
    wait_for simulator 20 port_answers "$SIMULATOR_PORT"
    note "$STARTED on $SIMULATOR_PORT"
}

stop_simulator() {
    stop_process simulator 10
}

# Starts without waiting, so that the five come up together.
launch_service() {
    local service=$1 environment=$STATE/services/$1.env overrides=$STATE/overrides/$1.env files
    files=("$BIN/$service" "$environment")
    if [[ -e $overrides ]]; then files+=("$overrides"); fi
    START_ENV=("$environment" "$overrides")
    start_or_keep "$service" "$(fingerprint "${files[@]}")" stop_service "$BIN/$service"
    START_ENV=()
}

is_ready() {
    local port
    port=$(upper_case "$1")_OPS_PORT
    [[ $(http_status "http://127.0.0.1:${!port}/readyz") == 200 ]]
}

start_services() {
    local service kept='' new='' changed=''
    for service in "${SERVICES[@]}"; do
        launch_service "$service"
        case $STARTED in
            started) new+=" $service" ;;
            kept*) kept+=" $service" ;;
            *) changed+=" $service" ;;
        esac
    done
    for service in "${SERVICES[@]}"; do wait_for "$service" "$READY_SECONDS" is_ready "$service"; done
    note "${new:+started:$new }${changed:+restarted with changes:$changed }${kept:+kept running:$kept}"
}

start_service() {
    launch_service "$1"
    wait_for "$1" "$READY_SECONDS" is_ready "$1"
    note "$STARTED on $(port_of "$1")"
}

# TERM lets it finish its requests and leave its consumer groups; one that cannot is killed.
stop_service() {
    stop_process "$1" 30
}
