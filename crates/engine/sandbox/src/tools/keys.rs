//! Names of keys, as people and models write them, as the bytes a terminal sends.

/// `Enter`, `C-c`, `M-x`, `Up`, `F5`, `hex:1b`; anything else of one character is that character.
pub(super) fn bytes(name: &str) -> Result<Vec<u8>, String> {
    let unknown = || format!("there is no key named {name}");
    if let Some(rest) = prefixed(name, &["C-", "Ctrl-", "ctrl+", "^"]) {
        return control(rest).map(|byte| vec![byte]).ok_or_else(unknown);
    }
    if let Some(rest) = prefixed(name, &["M-", "Alt-", "alt+"]) {
        return bytes(rest).map(|rest| [&[0x1b], rest.as_slice()].concat());
    }
    if let Some(hex) = prefixed(name, &["hex:", "0x"]) {
        return from_hex(hex).map(|byte| vec![byte]);
    }
    let mut characters = name.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        return Ok(only.to_string().into_bytes());
    }
    let sent: &[u8] = match name.to_lowercase().as_str() {
        "enter" | "return" | "cr" => b"\r",
        "tab" => b"\t",
        "btab" | "s-tab" | "shift-tab" => b"\x1b[Z",
        "escape" | "esc" => b"\x1b",
        "space" => b" ",
        "bspace" | "backspace" => b"\x7f",
        "up" => b"\x1b[A",
        "down" => b"\x1b[B",
        "right" => b"\x1b[C",
        "left" => b"\x1b[D",
        "home" => b"\x1b[H",
        "end" => b"\x1b[F",
        "insert" | "ic" => b"\x1b[2~",
        "delete" | "dc" | "del" => b"\x1b[3~",
        "pageup" | "ppage" | "pgup" => b"\x1b[5~",
        "pagedown" | "npage" | "pgdn" => b"\x1b[6~",
        "f1" => b"\x1bOP",
        "f2" => b"\x1bOQ",
        "f3" => b"\x1bOR",
        "f4" => b"\x1bOS",
        "f5" => b"\x1b[15~",
        "f6" => b"\x1b[17~",
        "f7" => b"\x1b[18~",
        "f8" => b"\x1b[19~",
        "f9" => b"\x1b[20~",
        "f10" => b"\x1b[21~",
        "f11" => b"\x1b[23~",
        "f12" => b"\x1b[24~",
        _ => return Err(unknown()),
    };
    Ok(sent.to_vec())
}

/// Two digits as a byte.
pub(super) fn from_hex(digits: &str) -> Result<u8, String> {
    let digits = digits.trim().trim_start_matches("0x");
    u8::from_str_radix(digits, 16).map_err(|_| format!("{digits} is no byte in hexadecimal"))
}

fn prefixed<'a>(name: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    let rest = prefixes.iter().find_map(|prefix| name.get(..prefix.len()).filter(|p| p.eq_ignore_ascii_case(prefix)));
    rest.and_then(|prefix| name.get(prefix.len()..)).filter(|rest| !rest.is_empty())
}

fn control(key: &str) -> Option<u8> {
    if key.eq_ignore_ascii_case("space") {
        return Some(0);
    }
    let mut characters = key.chars();
    let (only, None) = (characters.next()?, characters.next()) else { return None };
    match only.to_ascii_uppercase() {
        '?' => Some(0x7f),
        upper @ '@'..='_' => u8::try_from(upper).ok().map(|byte| byte & 0x1f),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_bytes_terminals_send() {
        let sent: Vec<Vec<u8>> =
            ["Enter", "C-c", "ctrl+D", "^[", "M-x", "Up", "hex:1b", "q", "é"].map(|k| bytes(k).unwrap()).into();
        let expected: [&[u8]; 9] =
            [b"\r", b"\x03", b"\x04", b"\x1b", b"\x1bx", b"\x1b[A", b"\x1b", b"q", "é".as_bytes()];
        assert_eq!(sent, expected);
    }

    #[test]
    fn a_key_nobody_has_is_refused_by_name() {
        assert_eq!(bytes("Hyper").unwrap_err(), "there is no key named Hyper");
        assert_eq!(bytes("hex:zz").unwrap_err(), "zz is no byte in hexadecimal");
        assert!(bytes("").is_err());
    }
}
