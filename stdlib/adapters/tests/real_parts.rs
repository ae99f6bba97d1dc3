//! The real parts themselves: each starts, answers and stops. What the adapters do with them is tested beside the adapters.

mod parts;

#[test]
fn kubernetes_has_two_ready_nodes() {
    let Some(part) = parts::start("kubernetes") else { return };
    let nodes = part.program("kubedev", &["kubectl", "get", "nodes", "--no-headers"]);
    assert_eq!(nodes.lines().filter(|line| line.contains(" Ready ")).count(), 2, "{nodes}");
}

#[test]
fn gitea_gives_out_a_token() {
    let Some(part) = parts::start("gitea") else { return };
    assert!(part.var("BASE_URL").ends_with("/api/v1"));
    assert_eq!(part.var("TOKEN").len(), 40);
}

#[test]
fn prometheus_remembers_the_history_it_was_given() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let mut text = String::from("# TYPE story gauge\n");
    for minute in (1..60).rev() {
        text += &format!("story {minute} {}\n", now - minute * 60);
    }
    text += "# EOF\n";
    let history = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("history-{}.om", std::process::id()));
    std::fs::write(&history, text).expect("write the history");
    let started = parts::start_with("prometheus", |_| {}, &[&history]);
    let _ = std::fs::remove_file(&history);
    let Some(part) = started else { return };
    let url = format!("{}/api/v1/query?query=count_over_time(story%5B2h%5D)", part.var("PROMETHEUS_URL"));
    let output = std::process::Command::new("curl").args(["-fsS", &url]).output().expect("curl");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(answer.contains("\"59\""), "{answer}");
}

#[test]
fn prism_refuses_what_github_does_not_know() {
    let Some(part) = parts::start("prism") else { return };
    let status = |path: &str| {
        let url = format!("{}{path}", part.var("BASE_URL"));
        let output = std::process::Command::new("curl")
            .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &url])
            .output()
            .expect("curl");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(status("/repos/o/r/actions/runs"), "200");
    assert_eq!(status("/repos/o/r/no/such/path"), "404");
}
