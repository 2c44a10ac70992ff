#!/usr/bin/env bats
# A real Prometheus that scrapes the service by the lines of docs/monitoring.md, with its alerts, and asks what the
# dashboard asks. `make soak` installs it.

load ../integration/lib/common
one_instance CHECK_WORKERS=1

setup() {
    PLACE=$(mktemp -d "$STACK/place.XXXXXX")
    free_port
    WATCHER=127.0.0.1:$port
    configure
    prometheus --config.file="$PLACE/prometheus.yml" --storage.tsdb.path="$PLACE/data" --web.listen-address="$WATCHER" \
        >"$PLACE/prometheus.log" 2>&1 </dev/null 3>&- 4>&- &
    PROMETHEUS=$!
    wait_until 60 is_scraped
}

after_each() {
    kill -KILL "$PROMETHEUS" 2>/dev/null || true
}

# The lines of the paper, with the port of the instance, every second.
configure() {
    cp "$ROOT/docs/monitoring/alerts.yml" "$PLACE/alerts.yml"
    {
        printf 'global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [%s]\n' "$PLACE/alerts.yml"
        sed -nE "/^    scrape_configs:/,/^$/{s/^    //;s/127.0.0.1:8080/127.0.0.1:$PORT/;p}" "$ROOT/docs/monitoring.md"
    } >"$PLACE/prometheus.yml"
    grep -q "127.0.0.1:$PORT" "$PLACE/prometheus.yml" || fail "the paper names no target"
}

# ask PATH [ARGUMENT...]: what Prometheus answers, in $answer; the arguments are curl's.
ask() {
    answer=$(curl -sS --max-time 20 -G "http://$WATCHER/api/v1/$1" "${@:2}")
}

# query EXPRESSION: the same for an expression of its language.
query() {
    ask query --data-urlencode "query=$1"
}

is_scraped() {
    query 'up{job="sessiond"}' 2>"$PLACE/curl.log" && [[ $(jq -r '.data.result[].value[1]' <<<"$answer") == 1 ]]
}

# alerts_are NAMES: those that are raised, sorted, with blanks between them.
alerts_are() {
    ask alerts
    [[ $(jq -r '[.data.alerts[].labels.alertname] | sort | join(" ")' <<<"$answer") == "$1" ]]
}

@test "Prometheus finds no fault in the text and its names" {
    call GET /metrics
    expect_equal "what promtool says" "$(promtool check metrics <<<"$body" 2>&1)" ''
}

@test "Prometheus scrapes what the service counts, and asks all that the dashboard asks" {
    local expression
    query sessiond_build_info
    expect_equal "version" "$(jq -r '.data.result[].metric.version' <<<"$answer")" "$("$BIN" -V | cut -d ' ' -f 2)"
    while read -r expression; do
        expression=${expression//\$instance/.*}
        query "${expression//\$__rate_interval/1m}"
        expect_equal "$expression" "$(jq -r .status <<<"$answer")" success
    done < <(jq -r '.panels[].targets[].expr' "$ROOT/docs/monitoring/dashboard.json")
}

@test "a healthy service raises no alert, and a worker that dies raises its own" {
    ask rules
    expect_equal "rules with a fault" \
        "$(jq "[.data.groups[].rules[].health | select(. == \"err\")] | length" <<<"$answer")" 0
    alerts_are ''
    kill -KILL "$(worker_pids | cut -d " " -f 1)"
    wait_until 60 alerts_are SessiondWorkersFail
}
