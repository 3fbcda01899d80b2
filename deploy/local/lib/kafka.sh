# Apache Kafka from its published jars: broker and controller in one process, without ZooKeeper.

KAFKA_JARS=$CACHE/kafka

# Downloads once; the list of what is wanted is the mark that it is complete.
fetch_kafka() {
    local pom=$ROOT/deploy/kafka/pom.xml
    cmp -s "$pom" "$KAFKA_JARS/pom.xml" && return
    rm -rf "$KAFKA_JARS"
    run_maven "$pom" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$KAFKA_JARS"
    cp "$pom" "$KAFKA_JARS/pom.xml"
}

# run_maven POM GOAL…: in a folder of its own, where Maven leaves notes on what it has done; they must not outlive that.
run_maven() {
    rm -rf "$CACHE/maven"
    mkdir -p "$CACHE/maven"
    cp "$1" "$CACHE/maven/pom.xml"
    shift
    mvn -B -q -f "$CACHE/maven/pom.xml" "$@"
    rm -rf "$CACHE/maven"
}

# API documentation pages are Maven artefacts too. One download at a time: Maven's own cache is not made for two.
fetch_downloads() {
    mkdir -p "$CACHE"
    exec 8>"$CACHE/lock"
    flock 8
    fetch_kafka
    fetch_docs
    exec 8>&-
}

# Lines in overrides/kafka.properties come last, and the last line of a name holds.
write_kafka_settings() {
    local files=("$ROOT/deploy/kafka/server.properties") overrides=$STATE/overrides/kafka.properties
    if [[ -e $overrides ]]; then files+=("$overrides"); fi
    sed -e "s|@PORT@|$KAFKA_PORT|g" -e "s|@CONTROLLER_PORT@|$KAFKA_CONTROLLER_PORT|g" \
        -e "s|@DATA@|$STATE/data/kafka|g" "${files[@]}"
}

KAFKA_JAVA=(java -cp "$KAFKA_JARS/*" "-Dlog4j2.configurationFile=file:$ROOT/deploy/kafka/log4j2.properties")

start_kafka() {
    local config=$STATE/services/kafka.properties id
    fetch_downloads
    write_kafka_settings >"$config"
    if [[ ! -e $STATE/data/kafka/meta.properties ]]; then
        rm -rf "$STATE/data/kafka"
        # The cluster's id: 16 random bytes in base64, of whose characters an option's value may not begin with a dash.
        id=$(openssl rand -base64 16 | tr -d = | tr '+/' 'Aa')
        "${KAFKA_JAVA[@]}" kafka.tools.StorageTool format --standalone -t "$id" -c "$config"
    fi
    start_or_keep kafka "$(fingerprint "$KAFKA_JARS/pom.xml" "$config")" stop_kafka \
        "${KAFKA_JAVA[@]}" -Xms256m -Xmx512m -XX:+UseParallelGC -Djava.awt.headless=true kafka.Kafka "$config"
    wait_for kafka 60 port_answers "$KAFKA_PORT"
    note "$STARTED on $KAFKA_PORT"
}

stop_kafka() {
    stop_process kafka 30
}
