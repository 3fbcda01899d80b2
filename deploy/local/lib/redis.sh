# Redis: a cache and the counters of the rate limits. It keeps nothing on disk: nothing that it loses matters.

start_redis() {
    local config=$STATE/services/redis.conf
    cat >"$config" <<-END
		bind 127.0.0.1
		port $REDIS_PORT
		requirepass $REDIS_PASSWORD
		dir $STATE/data
		save ""
		appendonly no
		maxmemory 256mb
		maxmemory-policy allkeys-lru
	END
    start_or_keep redis "$(fingerprint "$(command -v redis-server)" "$config")" stop_redis redis-server "$config"
    wait_for redis 10 port_answers "$REDIS_PORT"
    note "$STARTED on $REDIS_PORT"
}

stop_redis() {
    stop_process redis 10
}
