# Nginx as the gateway: its configuration from deploy/nginx, the merged OpenAPI document, and the pages that show it.

DOCS_VENDOR=$CACHE/docs

# Swagger UI and ReDoc, unpacked once.
fetch_docs() {
    local pom=$ROOT/deploy/nginx/pom.xml unpacked=$CACHE/docs.new
    cmp -s "$pom" "$DOCS_VENDOR/pom.xml" && return
    rm -rf "$unpacked" "$DOCS_VENDOR"
    mkdir -p "$DOCS_VENDOR"
    run_maven "$pom" dependency:unpack-dependencies -DincludeScope=runtime -DoutputDirectory="$unpacked" \
        -Dmdep.unpack.includes='**/swagger-ui.css,**/swagger-ui-bundle.js,**/bundles/redoc.standalone.js'
    find "$unpacked" -type f \( -name 'swagger-ui*' -o -name 'redoc.standalone.js' \) -exec cp {} "$DOCS_VENDOR" \;
    rm -rf "$unpacked"
    cp "$pom" "$DOCS_VENDOR/pom.xml"
}

# One document of all services. A path, schema or tag that two services declare is the same in both or an error of
# theirs: the last one stands.
merge_openapi() {
    local service documents=()
    mkdir -p "$STATE/docs"
    for service in "${SERVICES[@]}"; do
        "$BIN/$service" openapi >"$STATE/docs/$service.json" || give_up "\`$service openapi\` failed"
        documents+=("$STATE/docs/$service.json")
    done
    jq -s -f "$ROOT/deploy/nginx/merge-openapi.jq" "${documents[@]}" >"$STATE/docs/openapi.new"
    mv "$STATE/docs/openapi.new" "$STATE/docs/openapi.json"
    note "$(jq '[.paths[] | keys[]] | length' "$STATE/docs/openapi.json") calls in one OpenAPI document"
}

# Fills in every @…@ of the configuration, into the stack's own folder.
write_gateway_config() {
    local folder=$STATE/gateway file service user='' limit=$EDGE_RATE listen_v6=''
    mkdir -p "$folder/temp"
    # Workers of a server that root starts would run as a user who may not enter the checkout.
    if ((EUID == 0)); then user='user root;'; fi
    if [[ $limit == off ]]; then limit=1000000; fi
    [[ $limit =~ ^[1-9][0-9]{0,6}$ ]] || give_up "EDGE_RATE=$EDGE_RATE is neither a number of requests per second nor \`off\`"
    if grep -qs '^00000000000000000000000000000001 .* lo$' /proc/net/if_inet6; then
        listen_v6="listen [::1]:$GATEWAY_PORT default_server backlog=4096;"
    fi
    for file in "$ROOT"/deploy/nginx/*.conf; do
        sed -e "s|@NGINX@|$folder|g" -e "s|@RUN@|$RUN|g" -e "s|@LOGS@|$LOGS|g" -e "s|@TEMP@|$folder/temp|g" \
            -e "s|@SERVICES@|$folder/services.conf|g" -e "s|@SITE@|$ROOT/deploy/nginx/site|g" \
            -e "s|@SHOP@|$WEB/customer/dist|g" -e "s|@ADMIN@|$WEB/admin/dist|g" \
            -e "s|@DOCS@|$STATE/docs|g" -e "s|@VENDOR@|$DOCS_VENDOR|g" -e "s|@USER@|$user|g" \
            -e "s|@PORT@|$GATEWAY_PORT|g" -e "s|@LISTEN_V6@|$listen_v6|g" \
            -e "s|@EDGE_RATE@|$limit|g" -e "s|@EDGE_BURST@|$((limit * 2))|g" "$file" >"$folder/${file##*/}"
    done
    # Off means off: not even a counter is kept.
    if [[ $EDGE_RATE == off ]]; then echo '# EDGE_RATE=off' >"$folder/edge-limit.conf"; fi
    for service in "${SERVICES[@]}"; do write_upstream "$service"; done >"$folder/services.conf"
}

# The services close an idle connection later than the gateway does, or a request would run into a closed one.
write_upstream() {
    cat <<-END
		upstream $1 {
		    server 127.0.0.1:$(port_of "$1") max_fails=0;
		    keepalive 64;
		    keepalive_requests 1000000;
		    keepalive_time 24h;
		    keepalive_timeout 4s;
		}
	END
}

gateway_answers() {
    [[ $(http_status "http://127.0.0.1:$GATEWAY_PORT/healthz") == 200 ]]
}

start_gateway() {
    local config=$STATE/gateway/nginx.conf origin
    write_gateway_config
    nginx -t -q -e "$LOGS/gateway.log" -p "$STATE/gateway" -c "$config"
    origin=$(fingerprint "$(command -v nginx)" "$STATE"/gateway/*.conf)
    start_or_keep gateway "$origin" stop_gateway \
        nginx -e "$LOGS/gateway.log" -p "$STATE/gateway" -c "$config" -g 'daemon off;'
    wait_for gateway 10 gateway_answers
    note "$STARTED on $GATEWAY_PORT"
}


# QUIT lets the requests that run finish.
stop_gateway() {
    stop_process gateway 10 QUIT
}
