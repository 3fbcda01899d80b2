# Demo data, put in through the front door: three accounts, and a shop with its stock. Twice changes nothing.

DEMO_PASSWORD=waybill-demo
DEMO_SELLER_ID=sel_0198c1a0f00d7000a000000000c0ffee

demo_user() {
    WAYBILL_PASSWORD=$DEMO_PASSWORD run_as_service auth create-user "$@"
}

# call METHOD PATH WANTED TOKEN BODY [CURL OPTION…]: leaves the answer in STATUS and ANSWER; a status that is not wanted
# ends the step.
call() {
    local method=$1 path=$2 wanted=$3 token=$4 body=$5
    shift 5
    ANSWER=$(curl -sS -m 20 -X "$method" "$PUBLIC_URL$path" -w '\n%{http_code}' -H 'Content-Type: application/json' \
        ${token:+-H "Authorization: Bearer $token"} ${body:+--data-binary "$body"} "$@")
    STATUS=${ANSWER##*$'\n'}
    ANSWER=${ANSWER%$'\n'*}
    [[ " $wanted " == *" $STATUS "* ]] || give_up "$method $path answered $STATUS: $ANSWER"
}

# demo_login E-MAIL: the access token in TOKEN.
demo_login() {
    call POST /api/v1/auth/login 200 '' "{\"email\":\"$1\",\"password\":\"$DEMO_PASSWORD\"}"
    TOKEN=$(jq -r .access_token <<<"$ANSWER")
}

# One line per product, its fields apart by a character that no text has: SKU, owner, status, and the bodies of the two
# requests that make it. What is archived at the end was on sale before.
demo_products() {
    jq -r '.[] | [.sku, .owner // "seller", .status // "ACTIVE",
        ({sku, name, description, price: {amount_minor: .price, currency: "EUR"}, image_url: "/pictures/\(.sku).svg",
          status: (if .status == "DRAFT" then "DRAFT" else "ACTIVE" end)} | tojson),
        ({on_hand, reason: "Opening count"} | tojson)] | join("\u001f")' "$ROOT/deploy/local/products.json"
}

# demo_product SKU STATUS TOKEN PRODUCT STOCK
demo_product() {
    local sku=$1 status=$2 token=$3 id etag
    call POST /api/v1/products '201 409' "$token" "$4" -H "Idempotency-Key: demo-$sku"
    id=$(jq -r '.id // empty' <<<"$ANSWER")
    demo_stock "$sku" "$token" "$5"
    if [[ $status == ARCHIVED && -n $id ]]; then
        etag=$(curl -sS -m 20 -o /dev/null -D - "$PUBLIC_URL/api/v1/products/$id" -H "Authorization: Bearer $token" |
            tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
        call DELETE "/api/v1/products/$id" '204 412' "$token" '' -H "If-Match: $etag"
    fi
}

# Inventory hears of a new product through Kafka; until then a seller's right to its stock is not known there.
demo_stock() {
    local attempt
    for attempt in {1..100}; do
        call PUT "/api/v1/inventory/$1" '200 201 412 403 404' "$2" "$3" -H 'If-None-Match: *'
        case $STATUS in
            200 | 201 | 412) return ;;
        esac
        sleep 0.1
    done
    give_up "the stock of $1 cannot be set: $ANSWER"
}

seed_demo() {
    local done=$STATE/data/demo products=$ROOT/deploy/local/products.json seller admin sku owner status product stock
    if cmp -s "$products" "$done"; then
        note 'the shop and the accounts are there'
        return
    fi
    demo_user --email admin@waybill.test --name 'Ada Administrator' --role ADMIN
    demo_user --email seller@waybill.test --name 'Sam Seller' --role SELLER --seller-id "$DEMO_SELLER_ID"
    demo_user --email buyer@waybill.test --name 'Bo Buyer' --role CUSTOMER
    demo_login seller@waybill.test
    seller=$TOKEN
    demo_login admin@waybill.test
    admin=$TOKEN
    while IFS=$'\x1f' read -r sku owner status product stock; do
        demo_product "$sku" "$status" "${!owner}" "$product" "$stock"
    done < <(demo_products)
    cp "$products" "$done"
    note "$(jq length "$products") products with stock, three accounts"
}
