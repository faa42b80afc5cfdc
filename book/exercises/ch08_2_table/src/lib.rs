//! A table of tokens whose places are used again.

/// The owner of a place, by index and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub usize);

/// Values by token.
#[derive(Debug)]
pub struct Table<T> {
    places: Vec<T>,
}

impl<T> Table<T> {
    /// An empty one.
    pub fn new() -> Self {
        Self { places: Vec::new() }
    }

    /// Puts `value` into a free place, or into a new one if there is none.
    pub fn insert(&mut self, value: T) -> Token {
        self.places.push(value);
        todo!("a place that is free, and a token that nobody has had")
    }

    /// What was put in under this very token, if it is still there.
    pub fn get(&self, token: Token) -> Option<&T> {
        todo!("look up {token:?}")
    }

    /// Takes it out.
    pub fn remove(&mut self, token: Token) -> Option<T> {
        todo!("take {token:?} out, and nobody else")
    }

    /// How many places there are, free or not.
    pub fn places(&self) -> usize {
        self.places.len()
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self::new()
    }
}
