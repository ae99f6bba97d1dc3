use std::io::Read;
fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let mut s = heal_lang::source::Sources::default();
    let id = s.add("stdin", text.as_str());
    let p = heal_lang::syntax::parse(id, &text);
    print!("{}", heal_lang::diagnostic::render(&p.diagnostics, &s, false));
    if std::env::args().nth(1).is_some() {
        println!("{:#?}", p.file);
    }
}
