//! Who is at the keyboard: the operating system's word, not an environment variable's.

/// The name of the process's user.
#[must_use]
pub fn name() -> String {
    let uid = rustix::process::getuid().as_raw();
    std::fs::read_to_string("/etc/passwd").ok().and_then(|text| in_passwd(&text, uid)).unwrap_or(format!("uid:{uid}"))
}

fn in_passwd(text: &str, uid: u32) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_user_is_found_by_number() {
        let text = "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/sh\nbroken\n";
        assert_eq!(super::in_passwd(text, 1000), Some("ada".to_owned()));
        assert_eq!(super::in_passwd(text, 7), None);
    }
}
