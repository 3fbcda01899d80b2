# PostgreSQL: a cluster of our own, over TCP on loopback only, with one role and one schema per service.

# The server refuses to run as root. Then it runs as the user that Debian's package made for it.
postgres_owner() {
    if ((EUID == 0)); then echo postgres; else id -un; fi
}

# What stands before a command that runs as the server's user, in a folder that this user may enter.
AS_POSTGRES=(env -C /)
if ((EUID == 0)); then AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups env -C / HOME=/); fi

# Where the cluster's files lie: below .local, or, where the checkout is in a folder that the server's user may not
# enter (a closed home), in a folder of this checkout's own below /var/lib.
postgres_data() {
    local elsewhere
    elsewhere=/var/lib/waybill-$(cksum <<<"$STATE" | cut -d ' ' -f 1)
    if [[ -d $elsewhere ]]; then
        echo "$elsewhere"
    elif "${AS_POSTGRES[@]}" test -x "$STATE/data" 2>/dev/null; then
        echo "$STATE/data/postgres"
    else
        echo "$elsewhere"
    fi
}

write_postgres_settings() {
    cat >"$1/waybill.conf" <<-END
		listen_addresses = '127.0.0.1'
		port = $POSTGRES_PORT
		unix_socket_directories = ''
		max_connections = 200
		shared_buffers = 512MB
		# What was acknowledged survives a power cut: the numbers measured here hold for production.
		fsync = on
		synchronous_commit = on
		# Checkpoints by time, not by volume: after each, the first change of every page is logged as a whole page.
		max_wal_size = 4GB
		shared_preload_libraries = 'pg_stat_statements'
		log_timezone = 'UTC'
		timezone = 'UTC'
		log_line_prefix = '%m [%p] %q%u '
	END
    # The folder is closed; within it the server's user has to read what root wrote.
    chmod 644 "$1/waybill.conf"
}

make_cluster() {
    local data=$1 password
    # A first try that was broken off leaves a folder without its last file.
    rm -rf "$data"
    install -d -m 700 -o "$(postgres_owner)" "$data"
    password=$(mktemp -p /tmp)
    echo "$ADMIN_PASSWORD" >"$password"
    if ((EUID == 0)); then chown postgres "$password"; fi
    "${AS_POSTGRES[@]}" "$(postgres_bin)/initdb" -D "$data" -U waybill_admin --pwfile="$password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --data-checksums
    rm -f "$password"
    echo "include 'waybill.conf'" >>"$data/postgresql.conf"
    touch "$data/waybill.made"
}

# psql as the administrator; the statements come from standard input.
admin_sql() {
    PGPASSWORD=$ADMIN_PASSWORD PGOPTIONS='-c client_min_messages=warning' psql -X -q -A -t -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "$POSTGRES_PORT" -U waybill_admin -d "${1:-waybill}"
}

postgres_answers() {
    port_answers "$POSTGRES_PORT" && admin_sql postgres <<<'SELECT' >/dev/null 2>&1
}

# A role and a schema of the same name per service, and nothing in anybody else's.
make_roles() {
    local service password
    if [[ -z $(admin_sql postgres <<<"SELECT 1 FROM pg_database WHERE datname = 'waybill'") ]]; then
        admin_sql postgres <<<'CREATE DATABASE waybill'
    fi
    {
        echo 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements;'
        echo 'REVOKE ALL ON DATABASE waybill FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;'
        for service in "${SERVICES[@]}"; do
            password=$(upper_case "$service")_PASSWORD
            # "order" is a word of SQL: names are quoted everywhere.
            cat <<-END
				SELECT 'CREATE ROLE "$service" LOGIN' WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '$service') \\gexec
				ALTER ROLE "$service" PASSWORD '${!password}';
				ALTER ROLE "$service" SET search_path = "$service";
				GRANT CONNECT ON DATABASE waybill TO "$service";
				CREATE SCHEMA IF NOT EXISTS "$service" AUTHORIZATION "$service";
			END
        done
    } | admin_sql
}

start_postgres() {
    local data bin origin
    bin=$(postgres_bin)
    data=$(postgres_data)
    if [[ ! -e $data/waybill.made ]]; then make_cluster "$data"; fi
    write_postgres_settings "$data"
    origin=$(fingerprint "$bin/postgres" "$data/waybill.conf")
    start_or_keep postgres "$origin" stop_postgres "${AS_POSTGRES[@]}" "$bin/postgres" -D "$data"
    wait_for postgres 60 postgres_answers
    make_roles
    note "$STARTED on $POSTGRES_PORT"
}

# INT is the server's fast shutdown: it ends the sessions and writes everything down.
stop_postgres() {
    stop_process postgres 30 INT
}

forget_postgres() {
    rm -rf "$(postgres_data)"
}
