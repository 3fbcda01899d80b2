# Keys and passwords, made once and kept until `reset`; and what is made from them: the stack's `env` file for people
# and tools, and one file per process with exactly the environment that it runs in.

random_hex() {
    openssl rand -hex "$1"
}

make_secrets() {
    local service
    mkdir -p "$STATE/keys"
    chmod 700 "$STATE/keys"
    if [[ ! -s $STATE/keys/token.pem ]]; then
        openssl genpkey -algorithm ed25519 -out "$STATE/keys/token.new"
        chmod 600 "$STATE/keys/token.new"
        mv "$STATE/keys/token.new" "$STATE/keys/token.pem"
    fi
    if [[ ! -s $STATE/secrets ]]; then
        {
            echo "ADMIN_PASSWORD=$(random_hex 16)"
            for service in "${SERVICES[@]}"; do echo "$(upper_case "$service")_PASSWORD=$(random_hex 16)"; done
            echo "REDIS_PASSWORD=$(random_hex 16)"
            echo "STRIPE_API_KEY=sk_test_$(random_hex 16)"
            echo "STRIPE_WEBHOOK_SECRET=whsec_$(random_hex 16)"
        } >"$STATE/secrets.new"
        mv "$STATE/secrets.new" "$STATE/secrets"
    fi
    load_secrets
}

load_secrets() {
    # shellcheck disable=SC1091
    source "$STATE/secrets"
}

database_url() {
    printf 'postgres://%s:%s@127.0.0.1:%s/waybill' "$1" "$2" "$POSTGRES_PORT"
}

service_database_url() {
    local password
    password=$(upper_case "$1")_PASSWORD
    database_url "$1" "${!password}"
}

write_env() {
    local service name port
    {
        echo "# Every address and credential of the stack \`$STACK\`; written by deploy/local/stack."
        echo "# Use it in a shell by: set -a; . ${STATE#"$ROOT"/}/env; set +a"
        echo "WAYBILL_STACK=$STACK"
        echo "WAYBILL_URL=$PUBLIC_URL"
        for service in "${SERVICES[@]}"; do
            name=$(upper_case "$service")
            port=${name}_OPS_PORT
            echo "${name}_URL=http://127.0.0.1:$(port_of "$service")"
            echo "${name}_OPS_URL=http://127.0.0.1:${!port}"
            echo "${name}_DATABASE_URL=$(service_database_url "$service")"
        done
        echo "ADMIN_DATABASE_URL=$(database_url waybill_admin "$ADMIN_PASSWORD")"
        echo "REDIS_URL=redis://:$REDIS_PASSWORD@127.0.0.1:$REDIS_PORT/0"
        echo "KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT"
        echo "STRIPE_API_BASE=http://127.0.0.1:$SIMULATOR_PORT"
        echo "STRIPE_API_KEY=$STRIPE_API_KEY"
        echo "STRIPE_WEBHOOK_SECRET=$STRIPE_WEBHOOK_SECRET"
        echo "STRIPE_WEBHOOK_URL=http://127.0.0.1:$GATEWAY_PORT/api/v1/payments/webhook"
        echo "TOKEN_KEY_FILE=$STATE/keys/token.pem"
        echo "DEMO_ADMIN_EMAIL=admin@waybill.test"
        echo "DEMO_SELLER_EMAIL=seller@waybill.test"
        echo "DEMO_BUYER_EMAIL=buyer@waybill.test"
        echo "DEMO_PASSWORD=waybill-demo"
    } >"$STATE/env.new"
    mv "$STATE/env.new" "$STATE/env"
}

# The environment of one service, in services/NAME.env. Lines in overrides/NAME.env are added when it starts.
write_service_env() {
    local service=$1 name
    name=$(upper_case "$service")_OPS_PORT
    {
        echo "HTTP_ADDR=127.0.0.1:$(port_of "$service")"
        echo "OPS_ADDR=127.0.0.1:${!name}"
        echo "DATABASE_URL=$(service_database_url "$service")"
        echo "REDIS_URL=redis://:$REDIS_PASSWORD@127.0.0.1:$REDIS_PORT/0"
        echo "KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT"
        echo "JWKS_URL=http://127.0.0.1:$AUTH_PORT/.well-known/jwks.json"
        echo "PUBLIC_URL=$PUBLIC_URL"
        for name in KAFKA_PARTITIONS RATE_LIMITS CORS_ORIGINS DB_POOL HTTP_WORKERS RUST_LOG OTEL_EXPORTER_OTLP_ENDPOINT; do
            echo "$name=${!name}"
        done
        # The allocator asks for huge pages otherwise, which doubles what each service keeps (45 MB at rest instead of 22).
        echo 'MIMALLOC_ALLOW_THP=0'
        case $service in
            auth)
                echo "TOKEN_KEY_FILE=$STATE/keys/token.pem"
                echo "BCRYPT_COST=$BCRYPT_COST"
                ;;
            inventory) echo "RESERVATION_TTL_SECONDS=$RESERVATION_TTL_SECONDS" ;;
            payment)
                echo "STRIPE_API_BASE=http://127.0.0.1:$SIMULATOR_PORT"
                echo "STRIPE_API_KEY=$STRIPE_API_KEY"
                echo "STRIPE_WEBHOOK_SECRET=$STRIPE_WEBHOOK_SECRET"
                ;;
        esac
    } >"$STATE/services/$service.env"
}

write_simulator_env() {
    {
        echo "HTTP_ADDR=127.0.0.1:$SIMULATOR_PORT"
        echo "STRIPE_API_KEY=$STRIPE_API_KEY"
        echo "STRIPE_WEBHOOK_SECRET=$STRIPE_WEBHOOK_SECRET"
        echo "WEBHOOK_URL=http://127.0.0.1:$GATEWAY_PORT/api/v1/payments/webhook"
        echo "WEBHOOK_EVENTS=$WEBHOOK_EVENTS"
        echo "BOOKS_FILE=$STATE/data/simulator/books.json"
        echo "RUST_LOG=$RUST_LOG"
    } >"$STATE/services/simulator.env"
}

configure() {
    local service
    make_secrets
    write_env
    write_simulator_env
    for service in "${SERVICES[@]}"; do write_service_env "$service"; done
    note "${STATE#"$ROOT"/}/env holds every address and credential"
}
