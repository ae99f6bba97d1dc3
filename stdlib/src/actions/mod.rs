//! Actions by family, one file each: summary, declaration, how it can fail, examples, the work, tests.

pub(crate) mod data;
pub(crate) mod file;
pub(crate) mod github;
pub(crate) mod http;
pub(crate) mod kubernetes;
pub(crate) mod notify;
pub(crate) mod process;
pub(crate) mod prometheus;
