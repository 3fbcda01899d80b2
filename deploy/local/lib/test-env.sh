# What tests are told about the servers that they run against.

load_test_env() {
    set -a
    # shellcheck disable=SC1091
    source "$STATE/env"
    set +a
    export TEST_DATABASE_URL=$ADMIN_DATABASE_URL TEST_KAFKA_BROKERS=$KAFKA_BROKERS TEST_REDIS_URL=$REDIS_URL
    export WAYBILL_TEST_ENV=$STATE/env
}
