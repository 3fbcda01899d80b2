//! Orders in numbers, for the dashboard.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::openapi::{CallerRefusals, Refusals};
use web::{Admin, Money, Problem, Query};

use crate::store::{SUMMED_MAX, Summed, sum};

use super::{App, Parts};

const DAYS_DEFAULT: u64 = 30;
/// How old a summary may be: a dashboard on every wall must not be a load.
const KEPT: Duration = Duration::from_secs(10);
/// As many as there are periods.
const KEPT_MAX: u64 = 90;

/// Which period.
#[derive(Debug, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Days by UTC, with today; 30 when absent.
    #[schema(minimum = 1, maximum = 90)]
    #[param(minimum = 1, maximum = 90, default = 30)]
    days: Option<u64>,
}

/// The orders of a period.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderSummary {
    pub days: u64,
    /// The beginning of the period; later when it holds more than 200,000 orders, of which the newest are summed up.
    pub since: DateTime<Utc>,
    /// Whether all orders of the period are in it.
    pub complete: bool,
    /// When it was made: up to 10 seconds ago.
    pub at: DateTime<Utc>,
    /// Per status that occurs: how many orders of the period are there now.
    #[schema(example = json!({"CREATED": 2, "PAID": 17}))]
    pub by_status: BTreeMap<String, i64>,
    /// Per day and currency, the oldest first; days without orders are left out.
    pub by_day: Vec<OrderDay>,
}

/// The orders of a day in one currency.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderDay {
    /// By UTC.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    pub day: NaiveDate,
    /// Orders placed, whatever became of them.
    pub orders: i64,
    /// Of those that are PAID, SHIPPED or DELIVERED: their totals without what was given back.
    pub revenue: Money,
}

/// Summaries that were made a moment ago, by their days.
#[derive(Debug)]
pub struct Summaries(Cache<u64, Arc<OrderSummary>>);

impl Default for Summaries {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(KEPT_MAX).time_to_live(KEPT).build())
    }
}

/// Summarise orders
///
/// How many stand where, and what was sold per day.
#[utoipa::path(
    get, path = "/api/v1/orders/summary", operation_id = "summariseOrders", tag = "order",
    security(("bearer" = [])), params(Period),
    responses((status = 200, description = "Up to 10 seconds old", body = OrderSummary), CallerRefusals, Refusals)
)]
pub async fn show(_caller: Admin, query: Query<Period>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let (parts, days) = (app.parts()?, query.days.unwrap_or(DAYS_DEFAULT));
    // Who asks meanwhile waits for the same answer.
    let made = parts.summaries.0.try_get_with(days, make(parts, days)).await;
    let summary = made.map_err(|problem: Arc<Problem>| Problem::clone(&problem))?;
    Ok(HttpResponse::Ok().json(&*summary))
}

async fn make(parts: &Parts, days: u64) -> Result<Arc<OrderSummary>, Problem> {
    let at = Utc::now();
    let first = at.date_naive().checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or_default();
    let since = first.and_time(NaiveTime::MIN).and_utc();
    let rows = sum(&mut *parts.pool.get().await?, since).await?;
    summary(days, since, at, &rows).map(Arc::new)
}

fn summary(days: u64, since: DateTime<Utc>, at: DateTime<Utc>, rows: &[Summed]) -> Result<OrderSummary, Problem> {
    let mut by_status: BTreeMap<String, i64> = BTreeMap::new();
    let mut by_day: BTreeMap<(NaiveDate, &str), (i64, i64)> = BTreeMap::new();
    for row in rows {
        *by_status.entry(row.status.clone()).or_default() += row.orders;
        let (orders, revenue) = by_day.entry((row.day, &row.currency)).or_default();
        *orders += row.orders;
        *revenue += row.revenue_minor;
    }
    let day = |((day, currency), (orders, revenue)): ((NaiveDate, &str), (i64, i64))| {
        let revenue = Money::new(revenue, currency.parse().map_err(Problem::internal)?);
        Ok(OrderDay { day, orders, revenue })
    };
    let complete = by_status.values().sum::<i64>() < SUMMED_MAX;
    let oldest = rows.iter().map(|row| row.since).min().filter(|_| !complete);
    Ok(OrderSummary {
        days,
        since: oldest.unwrap_or(since),
        complete,
        at,
        by_status,
        by_day: by_day.into_iter().map(day).collect::<Result<_, Problem>>()?,
    })
}
