//! Names, records and words of the family.

use crate::declare::{data, from_outside, optional, record, subject, words};
use heal_lang::catalogue::{DefaultValue, EnumDecl, RecordDecl, TargetDecl, TextDecl, Type};

pub(crate) fn texts() -> Vec<TextDecl> {
    vec![TextDecl {
        name: "kubernetes.name".to_owned(),
        pattern: "[a-z0-9]([a-z0-9.-]*[a-z0-9])?".to_owned(),
        max: 253,
        doc: "The name of an object or a namespace, for instance `checkout`.".to_owned(),
    }]
}

pub(crate) fn targets() -> Vec<TargetDecl> {
    let name = || Type::Text("kubernetes.name".to_owned());
    vec![TargetDecl {
        name: "kubernetes.deployment".to_owned(),
        noun: "deployment".to_owned(),
        params: vec![
            // Looked up by their exact names in the cluster (L29).
            data(subject("name", name(), "Its name.")),
            data(optional("namespace", name(), DefaultValue::Text("default".to_owned()), "Its namespace.")),
        ],
        section: None,
        doc: "A deployment of the connected cluster.".to_owned(),
    }]
}

pub(crate) fn enums() -> Vec<EnumDecl> {
    vec![
        words(
            "kubernetes.exit",
            &["no_exit", "completed", "error", "oom_killed", "evicted", "deadline_exceeded", "cannot_run", "other"],
            "How a container ended last, from the pod's own status; `no_exit` where it never did.",
        ),
        words("kubernetes.phase", &["pending", "running", "succeeded", "failed", "unknown"], "The phase of a pod."),
    ]
}

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        from_outside(
            record(
                "kubernetes.Pod",
                "A pod of a deployment.",
                &[
                    ("name", Type::String, "Its name."),
                    ("phase", Type::enumeration("kubernetes.phase"), "Its phase."),
                    ("ready", Type::Bool, "All its containers are ready."),
                    ("restarts", Type::Int, "Of all its containers."),
                    ("last_exit", Type::enumeration("kubernetes.exit"), "How a container of it ended last."),
                    ("exit_code", Type::Int.optional(), "With which code."),
                    ("exited", Type::Time.optional(), "When."),
                    (
                        "waiting",
                        Type::String.optional(),
                        "Why a container is not running: `CrashLoopBackOff`, `ImagePullBackOff`.",
                    ),
                    ("node", Type::String.optional(), "Where it runs."),
                    ("started", Type::Time.optional(), "Since when."),
                    ("hash", Type::String, "The hash of the pod template it was made from."),
                ],
            ),
            &["name", "waiting", "node", "hash"],
        ),
        from_outside(
            record(
                "kubernetes.Event",
                "An event of a deployment, its replica sets or its pods.",
                &[
                    ("at", Type::Time.optional(), "When it was seen last."),
                    ("kind", Type::String, "`Normal` or `Warning`."),
                    ("reason", Type::String, "`BackOff`"),
                    ("message", Type::String, "In words."),
                    ("object", Type::String, "`Pod/checkout-5d9f-x7k2`"),
                    ("count", Type::Int, "How often."),
                ],
            ),
            &["kind", "reason", "message", "object"],
        ),
        from_outside(
            record(
                "kubernetes.Rollout",
                "A release: one pod template. Two are the same when their hash is; an undo renumbers revisions.",
                &[
                    ("revision", Type::Int, "Its number in the deployment's history."),
                    ("hash", Type::String, "The hash of its pod template."),
                    ("at", Type::Time, "When it was first rolled out."),
                    ("image", Type::String, "The image of its first container."),
                    ("replica_set", Type::String, "The replica set that holds it."),
                    ("change_cause", Type::String.optional(), "`kubernetes.io/change-cause`, as somebody wrote it."),
                ],
            ),
            &["image", "change_cause"],
        ),
        record(
            "kubernetes.History",
            "The releases of a deployment.",
            &[
                ("latest", Type::record("kubernetes.Rollout"), "The highest revision: what the deployment wants now."),
                (
                    "last_stable",
                    Type::record("kubernetes.Rollout").optional(),
                    "The newest other release that was seen good, or ran for `stable_after` before it was replaced; absent if none is known.",
                ),
                ("earlier", Type::record("kubernetes.Rollout").list(), "The others, newest first."),
                ("in_progress", Type::Bool, "A rollout is under way."),
                ("stalled", Type::Bool, "It ran into its progress deadline."),
            ],
        ),
        record(
            "kubernetes.Resources",
            "What a container asks for, and how many there are.",
            &[
                ("memory_limit", Type::BYTES.optional(), "Its memory limit, if one is set."),
                ("memory_request", Type::BYTES.optional(), "Its memory request, if one is set."),
                ("cpu_limit", Type::CPU.optional(), "Its CPU limit, if one is set."),
                ("cpu_request", Type::CPU.optional(), "Its CPU request, if one is set."),
                ("replicas", Type::Int, "Wanted replicas of the deployment."),
                ("ready", Type::Int, "Ready replicas of the deployment."),
                ("version", Type::String, "Stands for these resources; goes into `expect` of `set_resources`."),
            ],
        ),
        record(
            "kubernetes.Changed",
            "A deployment that was written.",
            &[
                ("generation", Type::Int, "Its generation after the write."),
                ("hash", Type::String, "The hash of the pod template it wants now, where that is known; else empty."),
            ],
        ),
    ]
}
