//! Logs as JSON lines, and traces over OTLP where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// What is logged unless `RUST_LOG` says otherwise: ours in detail, libraries only when something is wrong.
const DEFAULT_FILTER: &str = "info,rdkafka=warn,actix_server=warn,tokio_postgres=warn";

/// Whether spans go anywhere but into the logs.
static EXPORTS: AtomicBool = AtomicBool::new(false);

/// Keeps the exporter alive; flush it before the process ends.
#[derive(Debug)]
pub struct Telemetry {
    tracer: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sends what is still buffered.
    pub fn flush(self) {
        if let Some(tracer) = self.tracer
            && let Err(error) = tracer.shutdown()
        {
            eprintln!("traces were lost at the end: {error}");
        }
    }
}

/// Starts logging. Every line carries the service's name; lines within a request or an event its `trace_id`.
/// A command other than serving logs plain text to standard error, since its output is for a person or a pipe.
///
/// # Errors
/// When the exporter cannot be built, or logging was started before.
pub fn init(service: &'static str, serving: bool) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    if !serving {
        let plain = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        tracing_subscriber::registry().with(plain.with_filter(EnvFilter::new("warn"))).try_init()?;
        return Ok(Telemetry { tracer: None });
    }
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
    let tracer = exporter(service)?;
    EXPORTS.store(tracer.is_some(), Ordering::Relaxed);
    let traces = tracer.as_ref().map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer(service)));
    tracing_subscriber::registry().with(filter).with(json).with(traces).try_init()?;
    tracing::info!(service, version = env!("CARGO_PKG_VERSION"), "starting");
    Ok(Telemetry { tracer })
}

fn exporter(service: &'static str) -> anyhow::Result<Option<SdkTracerProvider>> {
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none_or(|endpoint| endpoint.is_empty()) {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
    let resource = Resource::builder().with_service_name(format!("waybill-{service}")).build();
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}

/// Makes `span` a child of the W3C trace context that came with a request or an event.
pub fn continue_trace(span: &Span, traceparent: impl FnOnce() -> String) {
    if !EXPORTS.load(Ordering::Relaxed) {
        return;
    }
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    // Fails only for a span that no exporter listens to, and then there is nothing to continue.
    let _ = span.set_parent(context);
}
