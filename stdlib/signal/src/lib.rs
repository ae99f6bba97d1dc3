//! Anomaly detection and forecasting: pure numerics.
