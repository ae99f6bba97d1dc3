//! Replacing what varies from run to run: colours, times, numbers, hashes, addresses.

/// The line without terminal escapes (CSI sequences), carriage returns and surrounding blanks. O(n).
#[must_use]
pub fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            if chars.peek() == Some(&'[') {
                chars.next();
                for d in chars.by_ref() {
                    if d.is_ascii_alphabetic() {
                        break;
                    }
                }
            }
        } else if c != '\r' {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

/// Whether a word is a number in a base of 16, long enough to be a hash, with at least one digit.
fn hash_like(word: &str) -> bool {
    word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit()) && word.bytes().any(|b| b.is_ascii_digit())
}

/// The plain line with every number, hash, hexadecimal address and timestamp replaced by `#`. Two runs of one program
/// give the same masked line when they say the same thing. O(n).
#[must_use]
pub fn masked(line: &str) -> String {
    let text = plain(line);
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i].is_ascii_alphanumeric() {
            let start = i;
            while i < bytes.len() && bytes[i].is_ascii_alphanumeric() {
                i += 1;
            }
            let word = &text[start..i];
            let address = word.len() > 2 && word.starts_with("0x") && word[2..].bytes().all(|b| b.is_ascii_hexdigit());
            if address || hash_like(word) {
                push_mark(&mut out);
            } else {
                mask_digits(word, &mut out);
            }
        } else {
            let step = text[i..].chars().next().map_or(1, char::len_utf8);
            let joins = matches!(bytes[i], b'.' | b':' | b'-' | b',' | b'/') && out.ends_with('#');
            let digit_next = bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
            // 12:30:05, 1.2.3, 2024-01-02: one mark for the whole.
            if !(joins && digit_next) {
                out.push_str(&text[i..i + step]);
            }
            i += step;
        }
    }
    out
}

fn push_mark(out: &mut String) {
    if !out.ends_with('#') {
        out.push('#');
    }
}

fn mask_digits(word: &str, out: &mut String) {
    // A timestamp's T and Z between numbers belong to the number.
    let bytes = word.as_bytes();
    for (k, c) in word.char_indices() {
        if c.is_ascii_digit() {
            push_mark(out);
        } else {
            let stamp = (c == 'T'
                && k > 0
                && bytes[k - 1].is_ascii_digit()
                && bytes.get(k + 1).is_some_and(u8::is_ascii_digit))
                || (c == 'Z' && k + 1 == word.len() && k > 0 && bytes[k - 1].is_ascii_digit());
            if !stamp {
                out.push(c);
            }
        }
    }
}
