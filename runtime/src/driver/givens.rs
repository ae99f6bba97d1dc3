//! What stays the same through a run: the plan, inputs, secrets, targets, what the trigger bound.

use super::codec;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::run_context::RunContext;
use heal_lang::catalogue::Catalogue;
use heal_lang::plan::{Plan, StepId, TargetDef};
use heal_stdlib::action::Surroundings;
use heal_stdlib::evaluate::{self, Known, show};
use heal_stdlib::redact::Redactor;
use heal_stdlib::value::{Secret, Target, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stays the same through a run.
pub struct Givens {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The run's id.
    pub run: String,
    /// The environment's name.
    pub environment: String,
    /// What it lets us do.
    pub settings: Environment,
    /// The configuration.
    pub config: Config,
    /// By name.
    pub inputs: BTreeMap<String, Value>,
    /// By name.
    pub secrets: BTreeMap<String, Secret>,
    /// What the trigger binds.
    pub trigger: Option<(String, Value)>,
    /// Takes secrets out of text.
    pub redactor: Redactor,
    /// The run's page, or the command that shows it.
    pub url: String,
    /// The incident: the same for every run of this playbook, in this environment, on these inputs.
    pub incident: String,
    /// What every expression sees.
    pub(super) base: Known,
}

impl Givens {
    /// Puts them together.
    ///
    /// # Errors
    /// Exit 2: a secret is too short, a target can't be named.
    #[allow(clippy::too_many_arguments, reason = "each is a thing of its own, named at the one call")]
    pub fn new(
        plan: Arc<Plan>,
        run: String,
        environment: (String, Environment),
        config: Config,
        inputs: BTreeMap<String, Value>,
        secrets: BTreeMap<String, Secret>,
        trigger: Option<(String, Value)>,
        url: String,
    ) -> Result<Givens, Failure> {
        let redactor = Redactor::new(secrets.values()).map_err(|e| Failure::invalid(e.to_string()))?;
        let catalogue = heal_stdlib::catalogue::catalogue();
        let mut base = Known {
            inputs: inputs.clone(),
            secrets: secrets.iter().map(|(n, s)| (n.clone(), Value::Secret(s.clone()))).collect(),
            trigger: trigger.iter().cloned().collect(),
            run: BTreeMap::from([
                ("id".to_owned(), Value::text(&run)),
                ("url".to_owned(), Value::text(&url)),
                ("playbook".to_owned(), Value::text(&plan.playbook)),
                ("environment".to_owned(), Value::text(&environment.0)),
                ("plan_hash".to_owned(), Value::text(&plan.hash)),
            ]),
            now_ms: super::clock::wall(),
            scripts: plan.scripts.clone(),
            step_names: plan.steps.iter().map(|s| (s.id, s.name.clone())).collect::<BTreeMap<StepId, String>>(),
            redactor: Some(redactor.clone()),
            ..Known::default()
        };
        for target in &plan.targets {
            let built = build(target, &catalogue, &base).map_err(Failure::invalid)?;
            base.targets.insert(target.name.clone(), Value::Target(Arc::new(built)));
        }
        for l in &plan.lets {
            let value = evaluate::evaluate(&l.value, &base);
            base.lets.insert(l.name.clone(), value);
        }
        let key = serde_json::json!([plan.playbook, environment.0, codec::encode_map(&inputs)]).to_string();
        let incident = blake3::hash(key.as_bytes()).to_hex().as_str()[..32].to_owned();
        let (environment, settings) = environment;
        Ok(Givens { plan, run, environment, settings, config, inputs, secrets, trigger, redactor, url, incident, base })
    }

    /// What actions may know; `timeout_ms`: how long one attempt may take.
    #[must_use]
    pub fn surroundings(&self, timeout_ms: u64) -> Surroundings {
        Surroundings {
            now_ms: super::clock::wall(),
            stable_after_ms: self.settings.stable_after_ms,
            services: self.config.services.keys().cloned().collect(),
            github_repository: self
                .config
                .github
                .as_ref()
                .and_then(|g| g.repository.clone())
                .or_else(|| crate::input::process_env("GITHUB_REPOSITORY")),
            run_id: self.run.clone(),
            run_url: self.url.clone(),
            incident: self.incident.clone(),
            timeout_ms,
        }
    }

    /// What a later process needs to go on.
    #[must_use]
    pub fn context(&self, playbook: std::path::PathBuf, tier: &str) -> RunContext {
        RunContext {
            playbook,
            config: self.config.file.clone(),
            folder: self.config.folder.clone(),
            environment: self.environment.clone(),
            inputs: codec::encode_map(&self.inputs),
            trigger: self.trigger.as_ref().map(|(name, value)| (name.clone(), codec::encode(value))),
            tier: tier.to_owned(),
        }
    }

    /// The target of that name.
    #[must_use]
    pub fn target(&self, name: &str) -> Option<&Target> {
        match self.base.targets.get(name) {
            Some(Value::Target(target)) => Some(target),
            _ => None,
        }
    }
}

fn build(def: &TargetDef, catalogue: &Catalogue, base: &Known) -> Result<Target, String> {
    let mut target = Target {
        kind: def.kind.clone(),
        noun: catalogue.targets.get(&def.kind).map(|t| t.noun.clone()).unwrap_or_default(),
        key: BTreeMap::new(),
        untrusted: false,
    };
    for arg in &def.args {
        let value = evaluate::evaluate(&arg.value, base);
        let text = match &value {
            Value::None => continue,
            Value::NoData(n) => {
                return Err(format!("target `{}`: its {} is not known: {}", def.name, arg.name, n.reason));
            }
            Value::Untrusted(text) => {
                target.untrusted = true;
                text.to_string()
            }
            Value::Text(text) | Value::Word(text) => text.to_string(),
            Value::Int(i) => i.to_string(),
            other => show(other),
        };
        target.key.insert(arg.name.clone(), text);
    }
    Ok(target)
}
