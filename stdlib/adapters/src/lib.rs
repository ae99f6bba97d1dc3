//! The clients that carry the actions' requests.
