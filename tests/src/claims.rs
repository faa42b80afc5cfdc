//! What a test claims: a panic at the caller's line, a type that may or may not be shared; and
//! dice.

use crate::panic_of;

/// Runs `f`, which must panic at the caller's line with a text that has every one of `words`.
#[track_caller]
pub fn refuses<R>(words: &[&str], f: impl FnOnce() -> R) {
    let caller = std::panic::Location::caller();
    let said = panic_of(f);
    for word in words {
        assert!(said.text.contains(word), "{word:?} is missing in {:?}", said.text);
    }
    assert_eq!(said.file, caller.file(), "the place is the caller's: {said:?}");
    let near = caller.line()..=caller.line() + 12;
    assert!(near.contains(&said.line), "the place is the caller's: {said:?}");
}

/// Does not compile unless each type has each trait: `has! { Send + Sync: A, B<u8> }`.
#[macro_export]
macro_rules! has {
    ($($bound:path),+ => $($type:ty),+ $(,)?) => {
        $crate::has! { @types [$($bound),+] $($type),+ }
    };
    (@types $bounds:tt $($type:ty),+) => {
        $($crate::has! { @one $bounds $type })+
    };
    (@one [$($bound:path),+] $type:ty) => {
        const _: fn() = || {
            $({
                fn check<T: ?Sized + $bound>() {}
                check::<$type>();
            })+
        };
    };
}

/// Does not compile if one of the types has the trait.
#[macro_export]
macro_rules! lacks {
    ($bound:path => $($type:ty),+ $(,)?) => {
        $(const _: fn() = || {
            // With the trait there are two implementations, and the compiler cannot choose.
            trait Lacks<Which> {
                fn it() {}
            }
            #[allow(dead_code)]
            struct Ambiguous;
            impl<T: ?Sized> Lacks<()> for T {}
            impl<T: ?Sized + $bound> Lacks<Ambiguous> for T {}
            <$type as Lacks<_>>::it();
        };)+
    };
}

/// Chance, from a seed.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % sides as u64) as usize
    }
}
