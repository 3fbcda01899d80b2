# What looks at the web apps: their own checks, tests in a real browser, and pictures. For tests and pictures only;
# `up` needs no browser.

BROWSER_TESTS=$ROOT/e2e/browser

find_chromium() {
    command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome
}

# The browser of the distribution (CHROMIUM names another one), and the packages that drive it.
ensure_browser() {
    if ! find_chromium >/dev/null; then
        echo 'installing a browser for the tests…'
        install_packages chromium >"$CACHE/browser-install.log" 2>&1 || {
            tail -n 15 "$CACHE/browser-install.log" >&2
            return 1
        }
    fi
    CHROMIUM=$(find_chromium)
    export CHROMIUM
    use_node
    install_npm "$BROWSER_TESTS"
}

# Whatever can be known of the web apps without a browser: types, component tests, size, and whether the client's types
# are those of the services. Leaves Vitest's report in the file.
check_web() {
    local report=$1 failed=0
    use_node
    install_npm "$WEB" || return
    cd "$WEB"
    npm run --silent typecheck || failed=1
    npm run --silent size || failed=1
    npm run --silent generate -- --check "$STATE/docs/openapi.json" || failed=1
    npm test --silent -- --reporter=default --reporter=json --outputFile="$report" || failed=1
    return "$failed"
}

# test_in_browser REPORT [NAME]: against the stack whose env file WAYBILL_TEST_ENV names.
test_in_browser() {
    local report=$1 filter=${2:-}
    ensure_browser || return
    cd "$BROWSER_TESTS"
    npm run --silent typecheck || return
    BROWSER_REPORT=$report npm test --silent -- ${filter:+--grep "$filter"}
}

# What the reports say: "PASSED FAILED SKIPPED", and the names of what failed, a line each.
vitest_counts() {
    jq -r '"\(.numPassedTests) \(.numFailedTests) \(.numPendingTests)"' "$1"
}
vitest_failures() {
    jq -r '.testResults[].assertionResults[] | select(.status == "failed") | .fullName' "$1"
}
browser_counts() {
    jq -r '.stats | "\(.expected) \(.unexpected + .flaky) \(.skipped)"' "$1"
}
browser_failures() {
    jq -r '.. | objects | select(has("specs")) | .specs[] | select(.ok | not) | "\(.file): \(.title)"' "$1"
}
