//! Stands around a connector: a connection that stands too late is not used (R22).
//!
//! A change gets a client of its own, so that its first bytes follow this moment at once.

use crate::departure::Departure;
use heal_stdlib::error::ErrorInfo;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{BoxError, Layer, Service};

/// Puts a [`Gate`] around a connector. Without a departure it stands open: reads may leave at any time.
#[derive(Clone)]
pub(crate) struct GateLayer(pub(crate) Option<Arc<Departure>>);

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;
    fn layer(&self, inner: S) -> Gate<S> {
        Gate { inner, departure: self.0.clone() }
    }
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Gate<S> {
    inner: S,
    departure: Option<Arc<Departure>>,
}

impl<S, T> Service<T> for Gate<S>
where
    S: Service<T>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: T) -> Self::Future {
        let connecting = self.inner.call(to);
        let departure = self.departure.clone();
        Box::pin(async move {
            let connection = connecting.await.map_err(Into::into)?;
            if let Some(departure) = departure {
                departure.leave().map_err(Stopped)?;
            }
            Ok(connection)
        })
    }
}

/// An error of ours on its way through somebody else's stack.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(crate) struct Stopped(pub(crate) ErrorInfo);
