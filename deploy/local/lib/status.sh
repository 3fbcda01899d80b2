# What runs, where, since when, and how it feels.

# health_of PART: one word, and for a service that is not ready what it says itself.
health_of() {
    local port body
    case $1 in
        postgres) postgres_answers && echo ok || echo 'does not answer' ;;
        gateway) gateway_answers && echo ok || echo 'does not answer' ;;
        redis | kafka | simulator) port_answers "$(port_of "$1")" && echo ok || echo 'does not answer' ;;
        *)
            port=$(upper_case "$1")_OPS_PORT
            if is_ready "$1"; then
                echo ready
            else
                body=$(curl -s -m 3 "http://127.0.0.1:${!port}/readyz" | head -c 200) || true
                echo "not ready${body:+: $body}"
            fi
            ;;
    esac
}

# age_of PID: how long it has run.
age_of() {
    local began up ticks seconds
    began=$(began_at "$1") || return 0
    read -r up _ </proc/uptime
    ticks=$(getconf CLK_TCK)
    seconds=$((${up%.*} - began / ticks))
    if ((seconds < 60)); then
        echo "$seconds s"
    elif ((seconds < 3600)); then
        echo "$((seconds / 60)) min"
    else
        echo "$((seconds / 3600)) h $((seconds % 3600 / 60)) min"
    fi
}

# Answers 3 when a part is not well, as service managers do.
show_status() {
    local part pid health code=0
    printf '%-10s %5s  %-8s %-10s %s\n' part port pid since health
    for part in "${PARTS[@]}"; do
        if pid=$(pid_of "$part"); then
            health=$(health_of "$part")
            [[ $health == ok || $health == ready ]] || code=3
            printf '%-10s %5s  %-8s %-10s %s\n' "$part" "$(port_of "$part")" "$pid" "$(age_of "$pid")" "$health"
        else
            code=3
            printf '%-10s %5s  %-8s %-10s %s\n' "$part" "$(port_of "$part")" - - 'not running'
        fi
    done
    return "$code"
}

show_logs() {
    local part files=()
    if [[ -n ${1:-} ]]; then
        is_part "$1" || fail "there is no part called $1; there are: ${PARTS[*]}"
        files=("$LOGS/$1.log")
    else
        for part in "${SERVICES[@]}" simulator gateway; do files+=("$LOGS/$part.log"); done
    fi
    for part in "${files[@]}"; do [[ -e $part ]] || touch "$part"; done
    exec tail -n "${LINES_BACK:-50}" -F "${files[@]}"
}

show_links() {
    cat <<-END

		  Shop            $PUBLIC_URL
		  Admin panel     $PUBLIC_URL/admin/
		  API             $PUBLIC_URL/api/v1
		  Swagger UI      $PUBLIC_URL/docs
		  ReDoc           $PUBLIC_URL/redoc
		  OpenAPI         $PUBLIC_URL/api/v1/openapi.json
		  Health          $PUBLIC_URL/healthz

		  Demo accounts, password waybill-demo
		  buyer           buyer@waybill.test
		  seller          seller@waybill.test
		  administrator   admin@waybill.test

		  Addresses and credentials: ${STATE#"$ROOT"/}/env     Logs: ${LOGS#"$ROOT"/}/
	END
}
