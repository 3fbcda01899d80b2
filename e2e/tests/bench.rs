//! `make bench` on the stack under test, in small: that it measures what it says, and what holds at any speed.

use e2e::bench::{Part, Scale, run};
use e2e::stack::{Stack, alone};

const FIGURES: [&str; 12] = [
    "orders_paid_per_s",
    "cpu_ms_per_order_at_1000",
    "cpu_ms_per_order_at_most",
    "statements_per_order",
    "saga_p50_ms",
    "saga_p99_ms",
    "hot_sku_sold",
    "hot_sku_loser_p99_ms",
    "reservations_per_s",
    "catalog_reads_per_s",
    "services_rss_mb",
    "orders_paid_per_s_at_1m",
];

#[tokio::test]
async fn every_figure_is_there_and_nothing_is_sold_twice_or_lost() {
    let _turn = alone().await;
    let scale = Scale::quick();
    let report = run(Stack::running().expect("a running stack"), &scale, &Part::ALL, false).await.expect("a report");
    let json = report.to_json();
    for figure in FIGURES {
        assert!(json[figure].as_f64().is_some_and(|value| value > 0.0), "{figure} in {json:#}");
    }
    assert_eq!(json["violations"], 0, "{:#}", json["detail"]["violations"]);
    let hot = report.hot.expect("the hot SKU was sold");
    assert_eq!((hot.sold, hot.left, hot.untold), (scale.hot_units.unsigned_abs(), 0, 0), "{hot:?}");
    assert_eq!(report.door.expect("the door was opened").reservations, scale.door_events);
    for step in report.steps.iter().chain(&report.overload).chain(&report.past) {
        assert_eq!((step.unfinished, step.shed_rudely), (0, 0), "{step:?}");
    }
}
