//! WRONG: only the look compares generations. Who takes out twice takes out the next one's value.

/// Index and generation, half and half.
const INDEX_BITS: u32 = usize::BITS / 2;
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;

/// The owner of a place, by index and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub usize);

/// Values by token.
#[derive(Debug)]
pub struct Table<T> {
    places: Vec<Place<T>>,
    free: Vec<usize>,
}

#[derive(Debug)]
struct Place<T> {
    /// How many owners it has had that are gone.
    generation: usize,
    value: Option<T>,
}

impl<T> Table<T> {
    /// An empty one.
    pub fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    /// Puts `value` into a free place, or into a new one if there is none.
    pub fn insert(&mut self, value: T) -> Token {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { generation: 0, value: None });
            self.places.len() - 1
        });
        self.places[index].value = Some(value);
        Token(self.places[index].generation << INDEX_BITS | index)
    }

    /// What was put in under this very token, if it is still there.
    pub fn get(&self, token: Token) -> Option<&T> {
        let place = self.places.get(token.0 & INDEX_MASK)?;
        if place.generation == token.0 >> INDEX_BITS { place.value.as_ref() } else { None }
    }

    /// Takes it out.
    pub fn remove(&mut self, token: Token) -> Option<T> {
        let index = token.0 & INDEX_MASK;
        let place = self.places.get_mut(index)?;
        // From now on the old token is nobody's, also while the place is free.
        place.generation = (place.generation + 1) & INDEX_MASK;
        self.free.push(index);
        place.value.take()
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
