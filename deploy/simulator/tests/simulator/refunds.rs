use crate::support::Sim;

#[actix_web::test]
async fn a_charge_is_refunded_in_parts_and_no_further() {
    let sim = Sim::start().await;
    let intent = sim.shop.paid("pm_card_visa").await;
    let form = [("amount", "500"), ("reason", "requested_by_customer"), ("metadata[refund_id]", "ref_1")];
    let part = sim.shop.refund(&intent, &form).await;
    assert_eq!((part.status, part.text("/status"), part.number("/amount")), (200, "succeeded", 500));
    let over = sim.shop.refund(&intent, &[("amount", "1501")]).await;
    assert_eq!(over.error(), (400, "invalid_request_error", Some("amount_too_large"), Some("amount")));
    let rest = sim.shop.refund(&intent, &[]).await;
    assert_eq!(rest.number("/amount"), 1500);
    let none = sim.shop.refund(&intent, &[]).await;
    assert_eq!(none.error(), (400, "invalid_request_error", Some("charge_already_refunded"), None));

    assert_eq!(sim.shop.get(&format!("/v1/refunds/{}", part.id())).await, part);
    let list = sim.shop.get(&format!("/v1/refunds?payment_intent={intent}&limit=1")).await;
    assert_eq!((list.text("/data/0/id"), list.json["has_more"].as_bool()), (rest.text("/id"), Some(true)));
    let next = sim.shop.get(&format!("/v1/refunds?payment_intent={intent}&starting_after={}", rest.id())).await;
    assert_eq!((next.text("/data/0/id"), next.json["has_more"].as_bool()), (part.text("/id"), Some(false)));
    let charge = sim.shop.get(&format!("/v1/charges/{}", part.text("/charge"))).await;
    assert_eq!((charge.number("/amount_refunded"), charge.json["refunded"].as_bool()), (2000, Some(true)));
}

#[actix_web::test]
async fn refunds_that_race_never_give_back_more_than_was_paid() {
    let sim = Sim::start().await;
    let intent = sim.shop.paid("pm_card_visa").await;
    let calls = (0..10).map(|_| sim.shop.refund(&intent, &[("amount", "600")]));
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|got| got.status == 200).count(), 3);
}

#[actix_web::test]
async fn only_what_was_paid_can_be_refunded() {
    let sim = Sim::start().await;
    let unpaid = sim.shop.intent().await;
    sim.shop.confirm(&unpaid, "pm_card_chargeDeclined").await;
    let got = sim.shop.refund(&unpaid, &[]).await;
    let code = Some("payment_intent_unexpected_state");
    assert_eq!(got.error(), (400, "invalid_request_error", code, Some("payment_intent")));
    let missing = sim.shop.refund("pi_none", &[]).await;
    assert_eq!(missing.error(), (404, "invalid_request_error", Some("resource_missing"), Some("payment_intent")));
    let nothing = sim.shop.post("/v1/refunds", &[("amount", "5")]).await;
    assert_eq!(nothing.error(), (400, "invalid_request_error", Some("parameter_missing"), Some("payment_intent")));
    let zero = sim.shop.refund(&unpaid, &[("amount", "0")]).await;
    assert_eq!(zero.error(), (400, "invalid_request_error", Some("parameter_invalid_integer"), Some("amount")));
}

#[actix_web::test]
async fn pending_refunds_come_to_their_end() {
    let sim = Sim::start().await;
    for (method, form, first, last, refunded) in [
        ("pm_card_pendingRefund", &[][..], "pending", "succeeded", 2000),
        ("pm_sim_refund_pending", &[], "pending", "succeeded", 2000),
        ("pm_sim_refund_fails", &[], "pending", "failed", 0),
        ("pm_card_refundFail", &[], "succeeded", "failed", 0),
        ("pm_card_visa", &[("metadata[sim_refund]", "fail")], "pending", "failed", 0),
    ] {
        let intent = sim.shop.paid(method).await;
        let refund = sim.shop.refund(&intent, form).await;
        assert_eq!(refund.text("/status"), first, "{method}");
        let ended = sim.shop.until(&format!("/v1/refunds/{}", refund.id()), last).await;
        assert_eq!(ended.json["failure_reason"].is_string(), last == "failed", "{method}");
        let charge = sim.shop.get(&format!("/v1/charges/{}", refund.text("/charge"))).await;
        assert_eq!(charge.number("/amount_refunded"), refunded, "{method}");
    }
}

#[actix_web::test]
async fn refunds_whose_answer_is_lost_were_made() {
    let sim = Sim::start().await;
    let intent = sim.shop.paid("pm_sim_error_after_refund").await;
    assert_eq!(sim.shop.refund(&intent, &[]).await.error(), (500, "api_error", None, None));
    let list = sim.shop.get(&format!("/v1/refunds?payment_intent={intent}")).await;
    assert_eq!(list.text("/data/0/status"), "succeeded");

    let intent = sim.shop.paid("pm_sim_timeout_after_refund").await;
    let lost = sim.shop.request("/v1/refunds", &[("payment_intent", &intent)]).send().await;
    assert!(lost.is_err());
    let list = sim.shop.get(&format!("/v1/refunds?payment_intent={intent}")).await;
    assert_eq!(list.text("/data/0/status"), "succeeded");
}
