//! Reads JSON, with little code for each type.
//!
//! A browser downloads a reader for every type it is told about. The one of `serde_json` also takes structs written as
//! lists, knows floating point, and says what is wrong and where: twice the code for what is never written here. This one
//! reads all that `serde_json` writes for the types of this crate, refuses everything else, and does not say why.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

/// How deep lists and objects may lie in each other: a reader calls itself for each.
const DEPTH: u32 = 128;

/// Not JSON, or not of the type that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl Display for Unreadable {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("unreadable JSON")
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

/// Reads a value. Nothing but white space may stand behind it.
///
/// # Errors
/// [`Unreadable`], whatever is wrong.
pub fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Unreadable> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    match reader.next() {
        None => Ok(value),
        Some(_) => Err(Unreadable),
    }
}

struct Reader<'de> {
    text: &'de str,
    /// Of the next byte. Between two characters whenever a method has returned.
    at: usize,
    depth: u32,
}

/// A number as it is written.
enum Number {
    Whole(u64),
    Negative(i64),
    /// With a fraction, an exponent, or too many digits.
    Other,
}

/// What does not depend on a type is here, once.
impl<'de> Reader<'de> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The first byte that is no white space, which stays the next.
    fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn take(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.next() != Some(byte) {
            return Err(Unreadable);
        }
        self.at += 1;
        Ok(())
    }

    fn enter(&mut self, open: u8) -> Result<(), Unreadable> {
        self.depth += 1;
        if self.depth >= DEPTH {
            return Err(Unreadable);
        }
        self.take(open)
    }

    fn leave(&mut self, close: u8) -> Result<(), Unreadable> {
        self.depth -= 1;
        self.take(close)
    }

    /// Whether there is another element before the end.
    fn more(&mut self, close: u8, is_first: &mut bool) -> Result<bool, Unreadable> {
        if self.next() == Some(close) {
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            self.take(b',')?;
        }
        Ok(true)
    }

    fn word(&mut self, word: &str) -> Result<(), Unreadable> {
        self.next();
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(Unreadable);
        }
        self.at += word.len();
        Ok(())
    }

    fn boolean(&mut self) -> Result<bool, Unreadable> {
        let is_true = self.next() == Some(b't');
        self.word(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    fn digits(&mut self) -> Result<(), Unreadable> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == start { Err(Unreadable) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Number, Unreadable> {
        self.next();
        let start = self.at;
        let is_negative = self.byte() == Some(b'-');
        self.at += usize::from(is_negative);
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let end = self.at;
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = self.text.get(start..end).filter(|_| end == self.at).unwrap_or_default();
        Ok(if is_negative {
            text.parse().map_or(Number::Other, Number::Negative)
        } else {
            text.parse().map_or(Number::Other, Number::Whole)
        })
    }

    fn string(&mut self) -> Result<Cow<'de, str>, Unreadable> {
        self.take(b'"')?;
        let plain = self.plain()?;
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        loop {
            self.at += 1;
            if self.text.as_bytes().get(self.at - 1) == Some(&b'"') {
                return Ok(Cow::Owned(text));
            }
            text.push(self.escape()?);
            text.push_str(self.plain()?);
        }
    }

    /// Everything up to the next quotation mark or backslash.
    fn plain(&mut self) -> Result<&'de str, Unreadable> {
        let start = self.at;
        while let Some(byte) = self.byte() {
            match byte {
                b'"' | b'\\' => return self.text.get(start..self.at).ok_or(Unreadable),
                0..b' ' => break,
                _ => self.at += 1,
            }
        }
        Err(Unreadable)
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, Unreadable> {
        let byte = self.byte().ok_or(Unreadable)?;
        // A character that is longer than a byte is none of these, and nothing is read on.
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let second = if (0xD800..0xDC00).contains(&unit) {
                    self.at += 2;
                    let is_unit = self.text.get(self.at - 2..self.at) == Some("\\u");
                    Some(is_unit.then(|| self.unit()).ok_or(Unreadable)??)
                } else {
                    None
                };
                let mut units = char::decode_utf16([unit].into_iter().chain(second));
                units.next().and_then(Result::ok).ok_or(Unreadable)?
            }
            _ => return Err(Unreadable),
        })
    }

    /// Four digits of an escaped UTF-16 unit.
    fn unit(&mut self) -> Result<u16, Unreadable> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16)).ok_or(Unreadable)?;
            unit = unit << 4 | digit;
            self.at += 1;
        }
        u16::try_from(unit).map_err(|_| Unreadable)
    }
}

/// Methods that do what another does.
macro_rules! like {
    ($first:ident: $($same:ident)+) => { $(
        fn $same<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            self.$first(visitor)
        }
    )+ };
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.next() {
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'"') => self.deserialize_str(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => self.deserialize_unit(visitor),
            _ => self.deserialize_i64(visitor),
        }
    }

    /// What a newer version may write is read over, whatever it is.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.next() {
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                visitor.visit_unit()
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.enter(b'{')?;
        let value = visitor.visit_map(Elements { reader: self, is_first: true })?;
        self.leave(b'}')?;
        Ok(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.enter(b'[')?;
        let value = visitor.visit_seq(Elements { reader: self, is_first: true })?;
        self.leave(b']')?;
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        if self.next() == Some(b'"') {
            return visitor.visit_enum(Variant { reader: self, has_content: false });
        }
        self.enter(b'{')?;
        let value = visitor.visit_enum(Variant { reader: self, has_content: true })?;
        self.leave(b'}')?;
        Ok(value)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.number()? {
            Number::Whole(number) => visitor.visit_u64(number),
            Number::Negative(number) => visitor.visit_i64(number),
            Number::Other => Err(Unreadable),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.word("null")?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.next() == Some(b'n') {
            self.word("null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
    }

    like! { deserialize_i64: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_u8 deserialize_u16 }
    like! { deserialize_i64: deserialize_u32 deserialize_u64 }
    like! { deserialize_str: deserialize_char deserialize_string deserialize_identifier }

    forward_to_deserialize_any! { i128 u128 f32 f64 bytes byte_buf }
}

/// The rest of a list or an object.
struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unreadable> {
        if !self.reader.more(b']', &mut self.is_first)? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Unreadable;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unreadable> {
        if !self.reader.more(b'}', &mut self.is_first)? {
            return Ok(None);
        }
        // Keys are strings, whatever type they become.
        if self.reader.next() != Some(b'"') {
            return Err(Unreadable);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unreadable> {
        self.reader.take(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// `"name"`, or `"name": content` inside an object.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    has_content: bool,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Unreadable> {
        let name = seed.deserialize(&mut *self.reader)?;
        if self.has_content {
            self.reader.take(b':')?;
        }
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        if self.has_content { self.reader.word("null") } else { Ok(()) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unreadable> {
        if self.has_content { seed.deserialize(self.reader) } else { Err(Unreadable) }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        if self.has_content { self.reader.deserialize_seq(visitor) } else { Err(Unreadable) }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        if self.has_content { self.reader.deserialize_map(visitor) } else { Err(Unreadable) }
    }
}
