//! Who is who, and who may do what.

use crate::support::{PASSWORD, Stage};
use proto_events::Event;
use serde_json::{Value, json};
use testkit::events::emitted_about;
use testkit::tokens;

fn id(user: &Value) -> &str {
    user["id"].as_str().expect("an id")
}

fn roles_of(user: &Value) -> String {
    format!("/api/v1/users/{}/roles", id(user))
}

#[tokio::test(flavor = "multi_thread")]
async fn users_see_themselves_and_admins_see_all() {
    let stage = Stage::new().await;
    let user = stage.register("bo@example.com").await;
    let session = stage.login("bo@example.com").await.json();
    let bearer = session["access_token"].as_str().unwrap();
    let path = format!("/api/v1/users/{}", id(&user));
    let me = stage.api.get("/api/v1/users/me").bearer(bearer).send().await;
    assert_eq!(me.expect(200), user);
    assert_eq!(me.header("etag"), "\"1\"");
    let same = stage.api.get("/api/v1/users/me").bearer(bearer).header("if-none-match", "\"1\"").send().await;
    same.expect(304);
    assert_eq!(stage.api.get(&path).bearer(bearer).send().await.expect(200), user);
    assert_eq!(stage.api.get(&path).by(&tokens::admin()).send().await.expect(200), user);
    stage.api.get(&path).by(&tokens::customer()).send().await.expect_problem(404, "not_found");
    stage.api.get("/api/v1/users/usr_nonsense").by(&tokens::admin()).send().await.expect_problem(404, "not_found");
    stage.api.get("/api/v1/users/me").send().await.expect_problem(401, "unauthenticated");
    stage.api.get("/api/v1/users/me").bearer("nonsense").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_listed_in_pages_for_admins() {
    let stage = Stage::new().await;
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.push(stage.register(&format!("u{n}@example.com")).await);
    }
    expected.reverse();
    let admin = tokens::admin();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = stage.api.get(&format!("/api/v1/users?limit=2{cursor}")).by(&admin).send().await.expect(200);
        seen.extend(page["data"].as_array().unwrap().iter().cloned());
        assert_eq!(page["has_more"], json!(page["next_cursor"].is_string()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, expected);
    let found = stage.api.get("/api/v1/users?email=U3@Example.com").by(&admin).send().await.expect(200);
    assert_eq!(found["data"], json!([expected[1]]));
    for token in [tokens::customer(), tokens::seller()] {
        stage.api.get("/api/v1/users").by(&token).send().await.expect_problem(403, "forbidden");
    }
    stage.api.get("/api/v1/users").send().await.expect_problem(401, "unauthenticated");
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "nonsense=1"] {
        let path = format!("/api/v1/users?{query}");
        let problem = stage.api.get(&path).by(&admin).send().await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], query.split('=').next().unwrap(), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_changes_roles() {
    let stage = Stage::new().await;
    let user = stage.register("bo@example.com").await;
    let admin = tokens::admin();
    let read = stage.api.get(&roles_of(&user)).by(&admin).send().await;
    read.expect(200);
    let body = json!({"roles": ["SELLER", "CUSTOMER"]});
    let put = |body: Value, etag: &str| stage.api.put(&roles_of(&user)).by(&admin).header("if-match", etag).json(body);
    let answer = put(body.clone(), read.header("etag")).send().await;
    let changed = answer.expect(200);
    assert_eq!(changed["roles"], json!(["CUSTOMER", "SELLER"]));
    let seller_id = changed["seller_id"].as_str().expect("a seller id").to_owned();
    assert!(seller_id.starts_with("sel_"));
    assert_eq!(answer.header("etag"), "\"2\"");

    let session = stage.login("bo@example.com").await;
    let claims = crate::support::claims(&session);
    assert_eq!((&claims["roles"], &claims["seller_id"]), (&json!(["CUSTOMER", "SELLER"]), &json!(seller_id)));

    put(body.clone(), "\"1\"").send().await.expect_problem(412, "precondition_failed");
    assert_eq!(put(body, "\"2\"").send().await.expect(200)["version"], 2, "nothing changed");
    let given = "sel_0198c1a0f00d7000a000000000c0ffee";
    let moved = put(json!({"roles": ["SELLER"], "seller_id": given}), "*").send().await.expect(200);
    assert_eq!((&moved["roles"], &moved["seller_id"]), (&json!(["SELLER"]), &json!(given)));
    let back = put(json!({"roles": ["CUSTOMER"], "seller_id": null}), "\"3\"").send().await.expect(200);
    assert_eq!(back["seller_id"], json!(null));

    let events = emitted_about(&stage.db.pool, id(&user)).await;
    assert_eq!(events.len(), 4);
    let Event::UserRolesChanged(event) = &events[1] else { panic!("{events:?}") };
    assert_eq!(event.roles, ["CUSTOMER", "SELLER"]);
    assert_eq!((&event.seller_id, &event.changed_by), (&seller_id, &admin.user_id.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_roles_are_checked_in_order() {
    let stage = Stage::new().await;
    let user = stage.register("bo@example.com").await;
    let good = json!({"roles": ["SELLER"]});
    let put = |body: &Value| stage.api.put(&roles_of(&user)).json(body.clone());
    put(&json!({})).send().await.expect_problem(401, "unauthenticated");
    put(&json!({})).by(&tokens::customer()).send().await.expect_problem(403, "forbidden");
    let admin = tokens::admin();
    for body in [
        json!({}),
        json!({"roles": []}),
        json!({"roles": ["OWNER"]}),
        json!({"roles": "ADMIN"}),
        json!({"roles": ["SELLER"], "seller_id": "sel_x"}),
        json!({"roles": ["SELLER"], "extra": 1}),
    ] {
        put(&body).by(&admin).send().await.expect_problem(422, "validation_failed");
    }
    let nobody = "/api/v1/users/usr_0198c1a0f00d7000a000000000c0ffee/roles";
    stage.api.put(nobody).by(&admin).json(good.clone()).send().await.expect_problem(404, "not_found");
    put(&good).by(&admin).send().await.expect_problem(428, "precondition_required");
    put(&good).by(&admin).header("if-match", "\"9\"").send().await.expect_problem(412, "precondition_failed");
    let unfit = json!({"roles": ["CUSTOMER"], "seller_id": "sel_0198c1a0f00d7000a000000000c0ffee"});
    let problem = put(&unfit).by(&admin).header("if-match", "*").send().await.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "#/seller_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_always_an_admin() {
    let stage = Stage::new().await;
    let admin = tokens::admin();
    let put = |user: &Value, roles: Value| {
        let call = stage.api.put(&roles_of(user)).by(&admin).header("if-match", "*");
        tokio::spawn(call.json(json!({"roles": roles})).send())
    };
    let first = stage.register("first@example.com").await;
    let second = stage.register("second@example.com").await;
    for user in [&first, &second] {
        put(user, json!(["ADMIN"])).await.unwrap().expect(200);
    }
    // Each takes the role from the other at the same time: one of them must fail.
    let (one, two) = (put(&first, json!(["CUSTOMER"])), put(&second, json!(["CUSTOMER"])));
    let mut statuses = [one.await.unwrap(), two.await.unwrap()].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(stage.count("(SELECT count(*) FROM users WHERE 'ADMIN' = ANY (roles))").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn create_user_makes_and_changes() {
    let stage = Stage::new().await;
    let dir = std::env::temp_dir().join(format!("auth-test-{}.pem", uuid::Uuid::new_v4()));
    std::fs::write(&dir, tokens::KEY).unwrap();
    let run = |arguments: &[&str], password: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_auth"))
            .args(arguments)
            .env("WAYBILL_PASSWORD", password)
            .env("DATABASE_URL", &stage.db.url)
            .env("TOKEN_KEY_FILE", &dir)
            .env("BCRYPT_COST", "10")
            .envs([("HTTP_ADDR", "127.0.0.1:0"), ("OPS_ADDR", "127.0.0.1:0"), ("REDIS_URL", "redis://127.0.0.1:9")])
            .envs([("KAFKA_BROKERS", "127.0.0.1:9"), ("JWKS_URL", "http://127.0.0.1:9/")])
            .output()
            .expect("auth runs");
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let base = ["create-user", "--email", "sam@example.com", "--name", "Sam Seller"];
    let seller = [&base[..], &["--role", "SELLER", "--seller-id", "sel_0198c1a0f00d7000a000000000c0ffee"]].concat();
    let (made, said) = run(&seller, PASSWORD);
    assert!(made && said.contains("created"), "{said}");
    let (again, said) = run(&seller, PASSWORD);
    assert!(again && said.contains("unchanged"), "{said}");
    let user = stage.login("sam@example.com").await.json()["user"].clone();
    assert_eq!((&user["roles"], &user["version"]), (&json!(["SELLER"]), &json!(1)));
    assert_eq!(user["seller_id"], "sel_0198c1a0f00d7000a000000000c0ffee");

    let admin = [&base[..4], &["Sam Admin", "--role", "ADMIN"]].concat();
    let (changed, said) = run(&admin, "another password");
    assert!(changed && said.contains("changed"), "{said}");
    stage.try_login("sam@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    let user = stage.try_login("sam@example.com", "another password").await.expect(200)["user"].clone();
    assert_eq!(
        (&user["roles"], &user["name"], &user["seller_id"]),
        (&json!(["ADMIN"]), &json!("Sam Admin"), &json!(null))
    );
    assert_eq!(emitted_about(&stage.db.pool, id(&user)).await.len(), 2);

    let refused = [
        (vec!["create-user"], PASSWORD),
        (vec!["nonsense"], PASSWORD),
        (vec!["create-user", "--email", "no", "--name", "N", "--role", "ADMIN"], PASSWORD),
        ([&base[..], &["--role", "OWNER"]].concat(), PASSWORD),
        ([&base[..], &["--role", "CUSTOMER"]].concat(), PASSWORD),
        (admin.clone(), "short"),
    ];
    for (arguments, password) in refused {
        let (done, said) = run(&arguments, password);
        assert!(!done && !said.contains("panicked"), "{arguments:?}: {said}");
    }
    std::fs::remove_file(dir).unwrap();
}
