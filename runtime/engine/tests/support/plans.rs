//! Plans by hand: small builders, because the checker that makes plans from text is another crate's.

use heal_engine::event::Facts;
use heal_lang::catalogue::{Class, Effect, Evidence, Risk, Type};
use heal_lang::plan::*;
use heal_lang::source::Span;
use heal_lang::syntax::tree::AfterMode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub fn span() -> Span {
    Span::new(heal_lang::source::FileId(0), 0, 0)
}

pub fn truth() -> Expr {
    Expr { kind: ExprKind::Bool(true), typ: Type::Bool, span: span() }
}

pub fn retry(attempts: u32) -> Retry {
    Retry {
        attempts,
        backoff: Backoff::Exponential { first_ms: 1_000, factor: 2.0, max_ms: 60_000 },
        jitter: false,
        on: vec![ErrorClass::Transient],
    }
}

pub fn read(id: u32, after: &[u32]) -> ReadCall {
    ReadCall {
        id: ReadId(id),
        action: format!("test.read{id}"),
        args: Vec::new(),
        after: after.iter().map(|i| ReadId(*i)).collect(),
        asserted: false,
        evidence: Evidence::State,
        timeout_ms: 10_000,
        retry: retry(3),
        name: None,
        span: span(),
    }
}

pub fn tell(action: &str) -> TellCall {
    TellCall { action: action.to_owned(), args: Vec::new(), timeout_ms: 5_000, retry: retry(3), span: span() }
}

pub fn call(action: &str, class: Class) -> ChangeCall {
    ChangeCall {
        action: action.to_owned(),
        args: Vec::new(),
        effect: Effect::Change,
        class,
        name: None,
        target: None,
        undo: Vec::new(),
        captured_undo: true,
        read_lag_ms: 500,
        max_in_flight_ms: 3_000,
        risk: Risk::Low,
        span: span(),
    }
}

/// Builds a plan step by step; names find earlier steps.
pub struct PlanBuilder {
    pub plan: Plan,
}

impl PlanBuilder {
    pub fn new() -> Self {
        let plan = Plan {
            schema: PLAN_SCHEMA,
            edition: 1,
            playbook: "test".to_owned(),
            doc: String::new(),
            owner: None,
            severity: None,
            inputs: Vec::new(),
            secrets: Vec::new(),
            targets: Vec::new(),
            lets: Vec::new(),
            scripts: BTreeMap::new(),
            triggers: Vec::new(),
            limits: Limits {
                deadline_ms: 3_600_000,
                deadline_written: false,
                blast_radius: BTreeMap::new(),
                rate: None,
                lock: Vec::new(),
                lock_wait_ms: 0,
                fresh_ms: 120_000,
                cool_down_ms: None,
                parallel: 4,
                written_guards: false,
            },
            steps: Vec::new(),
            ladders: Vec::new(),
            nodes: Vec::new(),
            edges: Vec::new(),
            escalate: vec![tell("test.page")],
            escalate_lets: Vec::new(),
            handlers: BTreeMap::new(),
            bounds: Bounds::default(),
            permissions: BTreeSet::new(),
            uses: BTreeSet::new(),
            assertions: Vec::new(),
            hosts: BTreeSet::new(),
            hash: "plan".to_owned(),
        };
        Self { plan }
    }

    fn step(&mut self, name: &str, kind: StepKind, reads: Vec<ReadCall>, body: StepBody) -> StepId {
        let id = StepId(self.plan.steps.len() as u32);
        self.plan.steps.push(Step {
            id,
            name: name.to_owned(),
            kind,
            doc: String::new(),
            span: span(),
            after: None,
            needs: Vec::new(),
            soft: Vec::new(),
            when: None,
            lets: Vec::new(),
            reads,
            body,
        });
        id
    }

    fn node(&mut self, step: StepId, covers: Vec<StepId>) -> NodeId {
        let name = self.plan.steps[step.0 as usize].name.clone();
        self.plan.nodes.push(Node { step, covers, name });
        NodeId(self.plan.nodes.len() as u32 - 1)
    }

    pub fn id(&self, name: &str) -> StepId {
        self.plan.step_named(name).map(|s| s.id).unwrap_or(StepId(u32::MAX))
    }

    pub fn detect(mut self, name: &str) -> Self {
        let body = StepBody::Detect(Detect { fire: truth(), clear: None });
        let step = self.step(name, StepKind::Detect, vec![read(0, &[])], body);
        self.node(step, Vec::new());
        self
    }

    pub fn diagnose(mut self, name: &str) -> Self {
        let body = StepBody::Diagnose(Diagnose { detects: Vec::new(), accept: 0.8, margin: 0.1, rows: Vec::new() });
        let step = self.step(name, StepKind::Diagnose, vec![read(0, &[]), read(1, &[0])], body);
        self.node(step, Vec::new());
        self
    }

    pub fn remediate(mut self, name: &str, calls: Vec<ChangeCall>) -> Self {
        let body = StepBody::Remediate(Box::new(Remediate {
            ladder: None,
            calls,
            each: None,
            risk: Risk::Low,
            risk_written: None,
            timeout_ms: 10_000,
            within_ms: 60_000,
            retry: Retry { attempts: 3, ..retry(3) },
            breaker: Breaker { failures: 3, within_ms: 3_600_000, open_for_ms: 1_800_000, written: false },
            approval: None,
        }));
        let step = self.step(name, StepKind::Remediate, Vec::new(), body);
        self.plan.steps[step.0 as usize].when = Some(truth());
        let causes = self.plan.steps.iter().filter(|s| s.kind == StepKind::Diagnose).map(|s| s.id).collect();
        self.plan.steps[step.0 as usize].needs = causes;
        self.node(step, Vec::new());
        self
    }

    /// A verify of these remediates, one node for each.
    pub fn verify(mut self, name: &str, of: &[&str]) -> Self {
        let body = StepBody::Verify(Box::new(Verify {
            every_ms: 2_000,
            until: Some(truth()),
            holds_ms: Some(10_000),
            within_ms: 60_000,
            settle_ms: 3_000,
            guards: Vec::new(),
            befores: Vec::new(),
            handlers: BTreeMap::new(),
        }));
        let step = self.step(name, StepKind::Verify, vec![read(0, &[])], body);
        let covers: Vec<StepId> = of.iter().map(|n| self.id(n)).collect();
        self.plan.steps[step.0 as usize].after = Some(After { steps: covers.clone(), mode: AfterMode::Or });
        for covered in covers {
            self.node(step, vec![covered]);
        }
        self
    }

    pub fn ladder(mut self, name: &str, rungs: &[&str]) -> Self {
        let id = LadderId(self.plan.ladders.len() as u32);
        let steps: Vec<StepId> = rungs.iter().map(|n| self.id(n)).collect();
        for (i, step) in steps.iter().enumerate() {
            if let StepBody::Remediate(r) = &mut self.plan.steps[step.0 as usize].body {
                r.ladder = Some((id, i as u32));
            }
        }
        self.plan.ladders.push(Ladder { name: name.to_owned(), when: Some(truth()), rungs: steps, span: span() });
        self
    }

    pub fn with(mut self, f: impl FnOnce(&mut Plan)) -> Self {
        f(&mut self.plan);
        self
    }

    pub fn with_remediate(mut self, name: &str, f: impl FnOnce(&mut Remediate)) -> Self {
        let id = self.id(name);
        if let StepBody::Remediate(r) = &mut self.plan.steps[id.0 as usize].body {
            f(r);
        }
        self
    }

    pub fn with_verify(mut self, name: &str, f: impl FnOnce(&mut Verify)) -> Self {
        let id = self.id(name);
        if let StepBody::Verify(v) = &mut self.plan.steps[id.0 as usize].body {
            f(v);
        }
        self
    }

    pub fn build(self) -> Arc<Plan> {
        Arc::new(self.plan)
    }
}

/// Detect, diagnose, one change, its verify.
pub fn straight(class: Class) -> PlanBuilder {
    PlanBuilder::new()
        .detect("down")
        .diagnose("cause")
        .remediate("fix", vec![call("test.fix", class)])
        .verify("up", &["fix"])
}

/// Two rungs.
pub fn laddered(class: Class) -> PlanBuilder {
    PlanBuilder::new()
        .detect("down")
        .diagnose("cause")
        .remediate("mild", vec![call("test.mild", class)])
        .verify("up_mild", &["mild"])
        .remediate("hard", vec![call("test.hard", class)])
        .verify("up_hard", &["hard"])
        .ladder("relieve", &["mild", "hard"])
}

pub fn facts() -> Facts {
    Facts::new()
}
