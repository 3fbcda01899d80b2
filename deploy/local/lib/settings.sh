# Which stack this is, where its state lies, and its settings. Sourced first by every script here.
#
# STACK        `main` (the one of `make up`, state in .local/) or another name (state in .local/NAME/)
# PORT_OFFSET  moves every port of the stack, so that two stacks run side by side
#
# A setting comes from the environment, else from what an earlier `up` was told, else from NAME.env beside this
# folder (test.env), else from the defaults below.

SERVICES=(auth catalog inventory order payment)
# In the order in which they start; they stop in the opposite one.
PARTS=(postgres redis kafka simulator "${SERVICES[@]}" gateway)

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
if [[ $ROOT =~ [[:space:]\'\"] ]]; then
    echo "The checkout's path has spaces or quotes in it ($ROOT): several of the tools here cannot live with that" >&2
    exit 2
fi
STACK=${STACK:-main}
# What the stack `main` keeps in .local cannot be the name of another stack.
RESERVED_NAMES='^(cache|data|docs|env|gateway|keys|log|overrides|run|secrets|services|settings)$'
if [[ ! $STACK =~ ^[a-z][a-z0-9-]{0,30}$ || $STACK =~ $RESERVED_NAMES ]]; then
    echo "STACK=$STACK: a stack's name is lower-case letters, digits and dashes, and none of the folders of .local" >&2
    exit 2
fi

# Shared by all stacks: what was downloaded.
CACHE=$ROOT/.local/cache
if [[ $STACK == main ]]; then STATE=$ROOT/.local; else STATE=$ROOT/.local/$STACK; fi
LOGS=$STATE/log
RUN=$STATE/run

# Debian keeps servers out of an ordinary user's path, and rustup may not have changed this shell's.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
export PATH

PORT_NAMES=(GATEWAY_PORT
    AUTH_PORT CATALOG_PORT INVENTORY_PORT ORDER_PORT PAYMENT_PORT
    AUTH_OPS_PORT CATALOG_OPS_PORT INVENTORY_OPS_PORT ORDER_OPS_PORT PAYMENT_OPS_PORT
    SIMULATOR_PORT POSTGRES_PORT KAFKA_PORT KAFKA_CONTROLLER_PORT REDIS_PORT)
PORT_DEFAULTS=(8080
    8101 8102 8103 8104 8105
    8201 8202 8203 8204 8205
    8110 8132 8192 8193 8179)

# Other settings with their defaults. The services' own defaults hold where a value is empty.
declare -A SETTING_DEFAULTS=(
    [PORT_OFFSET]=0
    [EDGE_RATE]=2000          # requests per second and address at the gateway; `off` for load tests
    [RATE_LIMITS]=on          # the services' own limits; `off` for load tests
    [KAFKA_PARTITIONS]=2      # the broker's price is per request and partition: few on one machine
    [BCRYPT_COST]=12
    [WEB_BUILD]=on             # `off` where nobody looks at the web apps
    [RESERVATION_TTL_SECONDS]=900
    [CORS_ORIGINS]=
    [DB_POOL]=
    [HTTP_WORKERS]=
    [RUST_LOG]=info
    [OTEL_EXPORTER_OTLP_ENDPOINT]=
    [BUILD_PROFILE]=dev        # `release` for load tests
    [WEBHOOK_EVENTS]=         # what the payment simulator sends; all by default
)

# Reads NAME=value lines without letting them replace what is set already.
settings_from() {
    local line name
    [[ -r $1 ]] || return 0
    while IFS= read -r line; do
        [[ $line =~ ^[A-Z][A-Z0-9_]*= ]] || continue
        name=${line%%=*}
        [[ -v $name ]] || printf -v "$name" '%s' "${line#*=}"
    done <"$1"
}

# What this call was told by its environment; `up` remembers it for the calls after it.
TOLD=()
for name in "${!SETTING_DEFAULTS[@]}" "${PORT_NAMES[@]}"; do
    if [[ -v $name ]]; then TOLD+=("$name"); fi
done

settings_from "$STATE/settings"
settings_from "$ROOT/deploy/local/$STACK.env"
for name in "${!SETTING_DEFAULTS[@]}"; do
    [[ -v $name ]] || printf -v "$name" '%s' "${SETTING_DEFAULTS[$name]}"
done
if [[ ! $PORT_OFFSET =~ ^[0-9]{1,5}$ ]]; then
    echo "PORT_OFFSET=$PORT_OFFSET is not a number" >&2
    exit 2
fi
for i in "${!PORT_NAMES[@]}"; do
    name=${PORT_NAMES[$i]}
    [[ -v $name ]] || printf -v "$name" '%d' $((PORT_DEFAULTS[i] + PORT_OFFSET))
    if [[ ! ${!name} =~ ^[0-9]{1,5}$ ]] || ((${!name} < 1 || ${!name} > 65535)); then
        echo "$name=${!name} is not a port" >&2
        exit 2
    fi
done
unset name i

# Where cargo puts what it builds with this profile.
case $BUILD_PROFILE in
    dev) BIN=$ROOT/target/debug ;;
    release) BIN=$ROOT/target/release ;;
    *) echo "BUILD_PROFILE=$BUILD_PROFILE is neither dev nor release" >&2 && exit 2 ;;
esac

# The address that people and browsers use.
PUBLIC_URL=http://localhost:$GATEWAY_PORT

# Keeps what this call was told, so that `make status` and a later `make up` mean the same stack.
remember_settings() {
    local name
    {
        for name in "${!SETTING_DEFAULTS[@]}" "${PORT_NAMES[@]}"; do
            if [[ " ${TOLD[*]} " == *" $name "* ]]; then
                printf '%s=%s\n' "$name" "${!name}"
            else
                grep -s "^$name=" "$STATE/settings" || true
            fi
        done
    } | sort >"$STATE/settings.new"
    mv "$STATE/settings.new" "$STATE/settings"
}

# upper_case order-x -> ORDER_X
upper_case() {
    local text=${1^^}
    printf '%s' "${text//-/_}"
}

is_service() {
    [[ " ${SERVICES[*]} " == *" $1 "* ]]
}

is_part() {
    [[ " ${PARTS[*]} " == *" $1 "* ]]
}

# The port on which a part answers.
port_of() {
    local name
    name=$(upper_case "$1")_PORT
    printf '%s' "${!name}"
}
