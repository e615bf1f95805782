//! The first account. On a loopback address whoever comes first owns the instance; on any other the code that
//! was printed at start is needed, so that a stranger cannot be first.

use std::sync::{Arc, Mutex};

use protocol::error::{Field, Problem};
use protocol::{Error, Result};
use rand::TryRng;
use rand::rngs::SysRng;

/// The one-time code; cheap to clone. Empty on loopback.
#[derive(Debug, Clone, Default)]
pub struct SetupCode(Arc<Mutex<Option<String>>>);

impl SetupCode {
    /// A fresh code of 80 random bits, readable aloud.
    pub fn generate() -> Result<Self> {
        const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789_";
        let mut bytes = [0_u8; 16];
        SysRng.try_fill_bytes(&mut bytes).map_err(|_| Error::Internal)?;
        let letters =
            bytes.iter().map(|byte| LETTERS.get(usize::from(byte % 31)).copied().unwrap_or(b'a') as char);
        let text: String = letters.collect();
        let groups: Vec<&str> =
            [text.get(..4), text.get(4..8), text.get(8..12), text.get(12..)].into_iter().flatten().collect();
        Ok(Self(Arc::new(Mutex::new(Some(groups.join("-"))))))
    }

    /// What to print at start.
    pub fn text(&self) -> Option<String> {
        self.0.lock().ok().and_then(|code| code.clone())
    }

    /// Checks what the first person typed.
    pub fn check(&self, typed: &str) -> Result<()> {
        match self.text() {
            None => Ok(()),
            Some(_) if typed.trim().is_empty() => Err(Error::SetupCodeNeeded),
            Some(code) if same(&code, typed.trim()) => Ok(()),
            Some(_) => Err(Error::Invalid { field: Field::SetupCode, problem: Problem::Mismatch }),
        }
    }
}

/// Compares in a time that does not tell how much of it was right.
fn same(code: &str, typed: &str) -> bool {
    code.len() == typed.len() && code.bytes().zip(typed.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use protocol::Error;

    use super::SetupCode;

    #[test]
    fn the_code_opens_only_for_itself() {
        let code = SetupCode::generate().unwrap();
        let text = code.text().unwrap();
        assert_eq!(text.len(), 19);
        assert_eq!(code.check(&text), Ok(()));
        assert_eq!(code.check(""), Err(Error::SetupCodeNeeded));
        assert!(code.check("aaaa-aaaa-aaaa-aaaa").is_err());
        assert_eq!(SetupCode::default().check("anything"), Ok(()), "loopback needs none");
    }
}
