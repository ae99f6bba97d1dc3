//! `process.run`: a command, as an argument vector.
//!
//! How a command ends is data in a read. In a change a status other than 0 is `permanent`, unless `transient` matches
//! its output or `codes` names the status: then it is `transient` and may be sent again. Killed by its timeout it is
//! `uncertain` in a change, and no data in a read (L27, L35).

use crate::action::{
    Args, ChangeAction, ChangeMachine, ChangeStep, ProbeMachine, ReadAction, ReadMachine, ResolveMachine, ResolveStep,
    ResolvedCall, Surroundings,
};
use crate::arguments;
use crate::declare::{changes, example, local, maybe, no_undo, optional, result_record, subject};
use crate::error::ErrorInfo;
use crate::evaluate::{clip, plain, safe, show};
use crate::request::{Answer, ChangeRequest, CommandLine, ProcessAnswer, ProcessChange, ProcessRead, ReadRequest};
use crate::talk::{Sent, Turn, ask, changed, done, odd, talk};
use crate::value::{LogLine, Logs, Pattern, Value};
use heal_lang::catalogue::{ActionDecl, Class, DefaultValue, Dim, Effect, Outside, ParamDecl, Risk, Type};
use heal_lang::plan::ErrorClass;
use std::sync::Arc;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        // Nobody can know what a command does: the worst, until its author asserts otherwise (L35).
        effect: Effect::Destroy,
        assertable: true,
        doc: "The program is run directly, in a small clean environment and the folder of `healrun.yaml`; there is no \
              shell unless the vector names one. Both streams are kept from their end.\n\n`effect: read` or \
              `effect: change` at the call is the author's assertion; without it the command may do anything. Base \
              risk is low for an asserted read or change and high otherwise."
            .to_owned(),
        params: vec![
            ParamDecl {
                outside: Outside::Argv { code: READS_CODE.iter().map(|name| (*name).to_owned()).collect() },
                ..subject(
                    "argv",
                    Type::String.list(),
                    "The program and its arguments; text from outside is one whole argument.",
                )
            },
            maybe("timeout", Type::DURATION, "Killed after this; otherwise the step's `timeout`."),
            maybe("folder", Type::String, "Where it runs; otherwise the folder of `healrun.yaml`."),
            // Not from outside: loaders and shells take code from their environment (`LD_PRELOAD`, `BASH_ENV`).
            optional("env", Type::Map(Box::new(Type::String)), DefaultValue::EmptyMap, "Added to its environment."),
            maybe("transient", Type::Regex, "A failure whose output matches may pass by itself."),
            optional(
                "codes",
                Type::Int.list(),
                DefaultValue::EmptyList,
                "Exit codes of failures that may pass by themselves.",
            ),
        ],
        result: result_record("process.Run"),
        permissions: vec![local("run the command")],
        timeout_from: Some("timeout".to_owned()),
        examples: vec![
            example("Look at something", r#"process.run(["systemctl", "is-active", "api"], effect: read)"#),
            example(
                "Run a CI step again",
                r#"process.run(["make", "fetch"], effect: change, timeout: 2m, transient: re"(?i)connection refused")"#,
            ),
        ],
        ..changes(
            "process.run",
            "runs a command",
            Class::Blind,
            Risk::High,
            no_undo("nobody knows what the command did"),
        )
    }
}

/// Programs that take their arguments as code.
const READS_CODE: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "ash",
    "fish",
    "env",
    "xargs",
    "eval",
    "expect",
    "rbash",
    "pwsh",
    "ssh",
    "su",
    "sudo",
    "doas",
    "runuser",
    "script",
    "watch",
    "parallel",
    "flock",
    "busybox",
    "make",
    "gmake",
    "find",
    "sed",
    "ed",
    "ex",
    "vi",
    "vim",
    "gdb",
    "git",
    "docker",
    "podman",
    "kubectl",
    "systemd-run",
    "nsenter",
    "deno",
    "bun",
    "tclsh*",
    "mysql*",
    "mariadb*",
    "python*",
    "perl*",
    "ruby*",
    "node*",
    "php*",
    "lua*",
    "awk*",
    "gawk*",
    "mawk*",
    "osascript*",
    "psql*",
    "sqlite*",
];

/// Kept of each stream.
const MOST_OUTPUT: u64 = 1 << 20;
/// Where neither the call nor the step says how long.
const DEFAULT_TIMEOUT_MS: u64 = 10_000;
/// Left between our own end of a command and the end of the attempt, so that its answer still arrives.
const MARGIN_MS: u64 = 1_500;

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let line = line(args, at)?;
        let shown = line.argv.join(" ");
        Ok(talk(ask(ReadRequest::Process(ProcessRead::Run(line)), move |answer, _| match answer {
            // Nobody knows how it would have ended.
            Answer::Process(p) if p.timed_out => {
                done(Value::no_data(format!("`{}` was killed after {}", clip(&shown, 80), show(&elapsed(&p)))))
            }
            Answer::Process(p) => done(value(&p)),
            other => odd(other),
        })))
    }
}

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let line = line(args, at)?;
        Ok(talk(Turn::End(ResolveStep::Done(Box::new(ResolvedCall {
            args: args.clone(),
            summary: format!("run `{}`", clip(&line.argv.join(" "), 200)),
            before: serde_json::Value::Null,
            undo: None,
            identity: serde_json::json!({ "argv": line.argv, "folder": line.folder }),
            unchanged: false,
        })))))
    }

    fn send(&self, call: &ResolvedCall, _: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let line = line(&call.args, at)?;
        let passes = Passes::new(&call.args)?;
        let shown = clip(&line.argv.join(" "), 80);
        let write = ChangeRequest::Process(ProcessChange::Run(line));
        Ok(talk(ask(Sent::Write(write), move |answer, _| match answer {
            Answer::Process(p) if p.exit_code == Some(0) && !p.timed_out => changed(value(&p)),
            Answer::Process(p) => Turn::End(ChangeStep::Fail(passes.judge(&shown, &p))),
            other => odd(other),
        })))
    }

    fn probe(&self, _: &ResolvedCall, _: &str, _: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        None
    }
}

/// Which failures may pass by themselves, as the author said.
struct Passes {
    pattern: Option<Pattern>,
    codes: Vec<i64>,
}

impl Passes {
    fn new(args: &Args) -> Result<Self, ErrorInfo> {
        let codes = arguments::list(args, "codes")?;
        let codes = codes.iter().filter_map(|c| if let Value::Int(c) = c { Some(*c) } else { None }).collect();
        Ok(Self { pattern: arguments::maybe_pattern(args, "transient")?, codes })
    }

    fn judge(&self, shown: &str, p: &ProcessAnswer) -> ErrorInfo {
        let status = exit_code(p);
        if p.timed_out {
            return ErrorInfo {
                class: ErrorClass::Uncertain,
                sent: crate::error::Sent::Yes,
                refused_definitely: false,
                ..ErrorInfo::permanent(
                    "timeout",
                    format!("`{shown}` was killed after {}: nobody knows what it did", show(&elapsed(p))),
                )
            };
        }
        let matches = |text: &str| self.pattern.as_ref().is_some_and(|p| text.lines().any(|l| p.0.is_match(l)));
        let passes = self.codes.contains(&status) || matches(&p.stdout) || matches(&p.stderr);
        let last = p.stderr.lines().chain(p.stdout.lines()).rfind(|l| !l.trim().is_empty());
        let said = last.map(|l| format!(": {}", clip(&safe(l), 200))).unwrap_or_default();
        ErrorInfo {
            class: if passes { ErrorClass::Transient } else { ErrorClass::Permanent },
            sent: crate::error::Sent::Yes,
            ..ErrorInfo::permanent(&format!("exit_{status}"), format!("`{shown}` ended with status {status}{said}"))
        }
    }
}

/// The command. Text from outside stands only as a whole argument that is no option, never where a shell or an
/// interpreter would read it as code (R67).
fn line(args: &Args, at: &Surroundings) -> Result<CommandLine, ErrorInfo> {
    let refuse = |why: &str| ErrorInfo::permanent("argument", format!("`argv` {why}"));
    let items = arguments::list(args, "argv")?;
    let mut argv = Vec::with_capacity(items.len());
    let mut outside = false;
    for (i, item) in items.iter().enumerate() {
        let Some(text) = plain(item) else { return Err(refuse("must be a list of texts")) };
        if text.contains('\0') {
            return Err(refuse("holds a null byte"));
        }
        if let Value::Untrusted(_) = item {
            outside = true;
            if i == 0 {
                return Err(refuse("takes its program from outside, which is refused"));
            }
            if text.starts_with('-') {
                return Err(refuse("takes an argument from outside that begins with `-`, which is refused"));
            }
        }
        argv.push(text);
    }
    let program = argv.first().filter(|p| !p.is_empty()).ok_or_else(|| refuse("must name a program"))?;
    // Behind `timeout` or `nice` the program that reads is an argument itself.
    let reader = |word: &str| heal_lang::catalogue::reads_code(READS_CODE, word);
    if outside && (reader(program) || items.iter().any(|item| plain(item).is_some_and(|word| reader(&word)))) {
        return Err(refuse("hands text from outside to a shell or an interpreter, which is refused"));
    }
    if let Some(Value::Record(fields)) = arguments::given(args, "env")?
        && fields.values().any(|value| matches!(value, Value::Untrusted(_)))
    {
        let message = "`env` takes a value from outside, which is refused: loaders and shells read code from there";
        return Err(ErrorInfo::permanent("argument", message));
    }
    let own = arguments::maybe_ms(args, "timeout")?;
    let of_attempt = if at.timeout_ms == 0 {
        DEFAULT_TIMEOUT_MS
    } else {
        at.timeout_ms.saturating_sub(MARGIN_MS).max(at.timeout_ms / 2)
    };
    Ok(CommandLine {
        argv,
        folder: arguments::given(args, "folder")?.map(|_| arguments::path(args, "folder")).transpose()?,
        env: arguments::texts(args, "env")?,
        max_bytes: MOST_OUTPUT,
        timeout_ms: own.filter(|ms| *ms > 0).unwrap_or(of_attempt),
    })
}

fn exit_code(p: &ProcessAnswer) -> i64 {
    match (p.exit_code, p.signal) {
        (Some(code), _) => code.into(),
        // As shells write it.
        (None, Some(signal)) => 128 + i64::from(signal),
        (None, None) => -1,
    }
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53 ms")]
fn elapsed(p: &ProcessAnswer) -> Value {
    Value::Quantity(Dim::Duration, p.elapsed_ms as f64 / 1000.0)
}

fn value(p: &ProcessAnswer) -> Value {
    let lines = |text: &str, source: &str| -> Vec<LogLine> {
        text.lines().map(|l| LogLine { at: None, source: source.to_owned(), text: l.to_owned() }).collect()
    };
    let mut output = lines(&p.stdout, "stdout");
    output.extend(lines(&p.stderr, "stderr"));
    Value::record([
        ("ok", Value::Bool(p.exit_code == Some(0))),
        ("exit_code", Value::Int(exit_code(p))),
        ("signal", p.signal.map_or(Value::None, |s| Value::Int(s.into()))),
        ("output", Value::Logs(Arc::new(Logs { lines: output, truncated: false }))),
        ("stdout", Value::Untrusted(p.stdout.as_str().into())),
        ("stderr", Value::Untrusted(p.stderr.as_str().into())),
        ("took", elapsed(p)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ReadStep;

    fn args(argv: &[Value]) -> Args {
        Args::from([("argv".to_owned(), Value::list(argv.to_vec()))])
    }

    fn ended(code: i32, stderr: &str) -> Answer {
        Answer::Process(ProcessAnswer {
            exit_code: Some(code),
            signal: None,
            timed_out: false,
            stdout: String::new(),
            stderr: stderr.to_owned(),
            elapsed_ms: 20,
        })
    }

    fn read(answer: Answer) -> Value {
        let mut machine = Action.start(&args(&[Value::text("make")]), &Surroundings::default()).unwrap();
        assert!(matches!(machine.next(None, 0), ReadStep::Ask(_)));
        match machine.next(Some(answer), 0) {
            ReadStep::Done(value) => value,
            other => panic!("{other:?}"),
        }
    }

    fn send(args: Args, answer: Answer) -> Result<Value, ErrorInfo> {
        let at = Surroundings::default();
        let mut machine = Action.resolve(&args, &at).unwrap();
        let ResolveStep::Done(call) = machine.next(None, 0) else { panic!() };
        let mut machine = Action.send(&call, "key", &at).unwrap();
        assert!(matches!(machine.next(None, 0), ChangeStep::Send(_)));
        match machine.next(Some(answer), 0) {
            ChangeStep::Done { value, .. } => Ok(value),
            ChangeStep::Fail(error) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn text_from_outside_reaches_no_program_that_reads_code_however_it_is_wrapped() {
        let at = Surroundings::default();
        let outside = Value::Untrusted("echo pwned".into());
        let words = |front: &[&str]| {
            let items = front.iter().map(|w| Value::text(w)).chain([outside.clone()]).collect();
            Args::from([("argv".to_owned(), Value::list(items))])
        };
        for front in [&["sh", "-c"][..], &["timeout", "5", "bash", "-c"], &["nice", "/usr/bin/python3", "-c"]] {
            let error = line(&words(front), &at).expect_err("refused");
            assert!(error.message.contains("to a shell or an interpreter"), "{front:?}: {error:?}");
        }
        assert!(line(&words(&["systemctl", "status"]), &at).is_ok());

        let mut args = words(&["systemctl", "status"]);
        args.insert("env".to_owned(), Value::record([("BASH_ENV", outside)]));
        let error = line(&args, &at).expect_err("refused");
        assert!(error.message.contains("`env` takes a value from outside"), "{error:?}");
    }

    #[test]
    fn in_a_read_an_exit_status_is_data() {
        let Value::Record(run) = read(ended(3, "no such test")) else { panic!() };
        assert_eq!((&run["ok"], &run["exit_code"]), (&Value::Bool(false), &Value::Int(3)));
        let killed = ProcessAnswer {
            exit_code: None,
            signal: Some(15),
            timed_out: true,
            stdout: String::new(),
            stderr: String::new(),
            elapsed_ms: 1,
        };
        assert!(matches!(read(Answer::Process(killed)), Value::NoData(_)));
    }

    #[test]
    fn in_a_change_the_author_says_which_failures_pass() {
        let plain = args(&[Value::text("make")]);
        assert_eq!(send(plain.clone(), ended(7, "connection refused")).unwrap_err().class, ErrorClass::Permanent);
        let mut declared = plain.clone();
        let pattern = crate::evaluate::compile("(?i)connection refused").unwrap();
        declared.insert("transient".to_owned(), Value::Regex(pattern));
        let error = send(declared.clone(), ended(7, "Connection refused")).unwrap_err();
        assert_eq!((error.class, error.code.as_str()), (ErrorClass::Transient, "exit_7"));
        assert_eq!(send(declared, ended(1, "assertion failed")).unwrap_err().class, ErrorClass::Permanent);
        let mut coded = plain.clone();
        coded.insert("codes".to_owned(), Value::list(vec![Value::Int(75)]));
        assert_eq!(send(coded, ended(75, "")).unwrap_err().class, ErrorClass::Transient);
        assert!(send(plain, ended(0, "")).is_ok());
    }

    #[test]
    fn a_change_that_was_killed_is_uncertain() {
        let killed = ProcessAnswer {
            exit_code: None,
            signal: Some(9),
            timed_out: true,
            stdout: String::new(),
            stderr: String::new(),
            elapsed_ms: 1,
        };
        let error = send(args(&[Value::text("make")]), Answer::Process(killed)).unwrap_err();
        assert!(error.class == ErrorClass::Uncertain && !error.refused_definitely);
    }

    #[test]
    fn text_from_outside_is_a_whole_argument_and_no_option() {
        let at = Surroundings::default();
        let outside = |t: &str| Value::Untrusted(t.into());
        let ok = |argv: &[Value]| line(&args(argv), &at).is_ok();
        assert!(ok(&[Value::text("ls"), outside("a b; rm")]));
        assert!(!ok(&[Value::text("ls"), outside("-rf")]));
        assert!(!ok(&[outside("ls")]));
        assert!(!ok(&[Value::text("/bin/sh"), Value::text("-c"), outside("ls")]));
        assert!(!ok(&[]));
    }
}
