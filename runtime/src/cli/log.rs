//! Logs, on standard error.

use super::args::LogFormat;
use crate::failure::Failure;
use tracing_subscriber::EnvFilter;

/// Starts logging; warnings only where nothing is said.
pub(super) fn start(filter: Option<&str>, format: LogFormat) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter.filter(|f| !f.is_empty()).unwrap_or("warn"))
        .map_err(|e| Failure::invalid(format!("--log: {e}")).help("write a level such as `info`"))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A closed standard error takes no complaint about itself either.
        .log_internal_errors(false);
    // A second start (in tests) keeps the first.
    let _ = match format {
        LogFormat::Text => logs.with_ansi(super::out::colour()).try_init(),
        LogFormat::Json => logs.json().try_init(),
    };
    Ok(())
}
