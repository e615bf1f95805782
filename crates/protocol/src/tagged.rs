//! Enums that travel as `{"op": "name", …}` and are read in one pass.
//!
//! `#[serde(tag = "op")]` cannot know that the tag comes first, so it keeps every value in a tree of its own and reads
//! the variant from there: twice the work for every event, and a second reader for every type in it, which was 20 KB
//! of what a browser loads. What we write has the tag first, so what we read may ask for it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

/// Declares an enum that is written with its tag inside and read with its tag first. `with` names the derives whose
/// attributes stand on the variants.
macro_rules! tagged {
    (
        $tag:literal $(with($($twin:path),+))?,
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident as $path:literal { $($variants:tt)* }
    ) => {
        $(#[$attribute])*
        #[derive(serde::Serialize)]
        #[serde(tag = $tag, rename_all = "snake_case")]
        $visibility enum $name { $($variants)* }

        const _: () = {
            // The same variants without the attribute, for the half of serde that must not see it.
            #[allow(dead_code, clippy::large_enum_variant, reason = "never made: serde makes the other one")]
            #[derive(serde::Deserialize $(, $($twin),+)?)]
            #[serde(remote = $path, rename_all = "snake_case")]
            enum Twin { $($variants)* }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Twin::deserialize($crate::tagged::TagFirst { tag: $tag, deserializer })
                }
            }
        };
    };
}

pub(crate) use tagged;

/// Reads a map that begins with a tag as the enum variant the tag names.
pub(crate) struct TagFirst<D> {
    /// The first key.
    pub(crate) tag: &'static str,
    /// Where the map is.
    pub(crate) deserializer: D,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for TagFirst<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserializer.deserialize_map(TaggedVisitor { tag: self.tag, visitor })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct TaggedVisitor<V> {
    tag: &'static str,
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for TaggedVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object that begins with \"{}\"", self.tag)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        match map.next_key_seed(Key(self.tag))? {
            Some(()) => self.visitor.visit_enum(Tagged { map, lifetime: PhantomData }),
            None => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

/// A key that has to be this one.
struct Key(&'static str);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the key \"{}\" first", self.0)
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        if key == self.0 { Ok(()) } else { Err(E::invalid_value(Unexpected::Str(key), &self)) }
    }
}

/// The rest of the map: the tag's value, then the variant's fields.
struct Tagged<'de, A> {
    map: A,
    lifetime: PhantomData<&'de ()>,
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for Tagged<'de, A> {
    type Error = A::Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<(S::Value, Self), A::Error> {
        let variant = self.map.next_value_seed(seed)?;
        Ok((variant, self))
    }
}

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for Tagged<'de, A> {
    type Error = A::Error;

    fn unit_variant(mut self) -> Result<(), A::Error> {
        while self.map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        seed.deserialize(MapAccessDeserializer::new(self.map))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, A::Error> {
        Err(A::Error::invalid_type(Unexpected::TupleVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.map)
    }
}

#[cfg(test)]
mod tests {
    tagged! {
        "op",
        #[derive(Debug, PartialEq)]
        enum Frame as "Frame" {
            Empty,
            Full { number: u32, #[serde(default)] text: String },
        }
    }

    fn read(json: &str) -> Result<Frame, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn what_is_written_is_read_again() {
        for frame in [Frame::Empty, Frame::Full { number: 7, text: "x".into() }] {
            assert_eq!(read(&serde_json::to_string(&frame).unwrap()).unwrap(), frame);
        }
        assert_eq!(serde_json::to_string(&Frame::Empty).unwrap(), r#"{"op":"empty"}"#);
    }

    #[test]
    fn fields_may_be_unknown_or_have_defaults() {
        let full = Frame::Full { number: 1, text: String::new() };
        assert_eq!(read(r#"{"op":"full","later":{"a":[1]},"number":1}"#).unwrap(), full);
        assert_eq!(read(r#"{"op":"empty","later":true}"#).unwrap(), Frame::Empty);
    }

    #[test]
    fn anything_else_is_an_error() {
        for json in [
            "{}",
            "[]",
            "1",
            r#""empty""#,
            r#"{"number":1,"op":"full"}"#,
            r#"{"op":"other"}"#,
            r#"{"op":"full"}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
