//! Ports that a test may name before anything listens on them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that Linux hands out to outgoing connections (32768 and up, `ip_local_port_range`): a port of that
/// range can be somebody's source port by the time the service under test wants it.
const PORTS: Range<u16> = 20_000..32_000;
/// Where each process begins, so that two test binaries at once do not compete for the same ports.
const PER_PROCESS: u32 = 40;

/// An address of loopback on which nothing listens, and which is not handed out again in this process.
pub fn free_addr() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let size = PORTS.end - PORTS.start;
    let start = u16::try_from(std::process::id() * PER_PROCESS % u32::from(size)).expect("smaller than a u16");
    for _ in PORTS {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS.start + start.wrapping_add(step) % size));
        if TcpListener::bind(addr).is_ok() {
            return addr;
        }
    }
    panic!("no port of {PORTS:?} is free");
}
