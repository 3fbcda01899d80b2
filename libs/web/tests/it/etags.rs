//! Versions: reads that are not repeated, and changes to what was seen.

use serde_json::json;
use testkit::tokens;

use crate::shop::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn a_read_carries_its_version_and_is_not_repeated() {
    let shop = Setup::default().start();
    let first = shop.api.get("/things/1").send().await;
    first.expect(200);
    assert_eq!(first.header("etag"), "\"7\"");
    for tags in ["\"7\"", "W/\"7\"", "\"1\", \"7\"", "*"] {
        let answer = shop.api.get("/things/1").header("if-none-match", tags).send().await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""), "{tags}");
        assert_eq!(answer.header("etag"), "\"7\"");
    }
    for tags in ["\"8\"", "7", "\"\""] {
        shop.api.get("/things/1").header("if-none-match", tags).send().await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_needs_the_version_that_was_seen() {
    let shop = Setup::default().start();
    let put = |tags: &str| {
        let call = shop.api.put("/things/1").by(&tokens::admin()).header("if-match", tags);
        call.json(json!({ "quantity": 1 })).send()
    };
    for tags in ["\"7\"", "\"6\", \"7\"", "*"] {
        let answer = put(tags).await;
        answer.expect(200);
        assert_eq!(answer.header("etag"), "\"8\"");
    }
    for tags in ["\"6\"", "W/\"7\"", "7", ""] {
        put(tags).await.expect_problem(412, "precondition_failed");
    }
}
