//! Who watches a run: the live tree, plain lines, nobody.

use heal_engine::command::{AskRequest, Note};
use heal_engine::event::Event;
use heal_engine::run::RunView;

/// An answer that was typed.
pub struct Typed {
    /// To which request.
    pub request: String,
    /// Yes or no.
    pub approve: bool,
}

/// Where typed answers go.
pub type Answers = Box<dyn Fn(Typed) + Send>;

/// Is told what happens. Everything it shows may hold text from outside.
pub trait Observer {
    /// An event was taken.
    fn event(&mut self, _event: &Event, _view: &RunView) {}
    /// The engine noted something.
    fn note(&mut self, _note: &Note) {}
    /// An approval is asked for; whether it was shown to somebody. A person's answer goes to `answers`.
    fn ask(&mut self, _ask: &AskRequest, _evidence: &[(String, String)], _answers: Answers) -> bool {
        false
    }
    /// A request is over.
    fn withdrawn(&mut self, _request: &str) {}
    /// A wall clock jumped, a lease was lost, …
    fn warn(&mut self, text: &str) {
        tracing::warn!("{text}");
    }
}

/// Nobody.
pub struct Nobody;
impl Observer for Nobody {}
