//! Payment as a whole, on a schema per test: its calls through a real server, events through a real inbox, and the gateway
//! played by the simulator.

mod api;
mod crashes;
mod gateway;
mod saga;
mod support;
mod webhooks;
