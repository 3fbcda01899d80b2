//! A file system of limited size, which can be filled.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use anyhow::Context;

/// Where `deploy/local/chaos` says that the stack's data lie on a file system of their own.
const DISK: &str = "WAYBILL_CHAOS_DISK";
const BALLAST: &str = "ballast";
/// Written at once; a last piece of a page fills what is left.
const PIECES: [usize; 2] = [1024 * 1024, 4096];

/// The file system that PostgreSQL and Kafka write to.
#[derive(Debug)]
pub struct Disk {
    ballast: PathBuf,
}

impl Disk {
    /// `None` where none was mounted, for want of the right to.
    pub fn of_environment() -> Option<Self> {
        let folder = std::env::var_os(DISK).filter(|folder| !folder.is_empty())?;
        Some(Self { ballast: PathBuf::from(folder).join(BALLAST) })
    }

    /// Leaves no room.
    ///
    /// # Errors
    /// Another one than that it is full.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut file = File::create(&self.ballast).context("the ballast")?;
        for piece in PIECES {
            let piece = vec![0; piece];
            loop {
                match file.write_all(&piece) {
                    Ok(()) => {}
                    Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::WriteZero) => break,
                    Err(error) => return Err(error).context("the ballast"),
                }
            }
        }
        // A loop device takes what its file system cannot keep; only now is it known.
        let _ = file.sync_all();
        Ok(())
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// When the ballast cannot be removed.
    pub fn free(&self) -> anyhow::Result<()> {
        std::fs::remove_file(&self.ballast).context("the ballast")
    }
}
