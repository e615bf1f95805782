//! Sorting, compiled once: the standard library's sort is three kilobytes for every type it is used with.

/// The items from the smallest key to the greatest; among equals, as they came.
pub(super) fn in_order<T>(items: Vec<T>, key: impl Fn(&T) -> (i64, i64)) -> Vec<T> {
    let mut keys: Vec<(i64, i64, usize)> = Vec::with_capacity(items.len());
    keys.extend(items.iter().map(&key).enumerate().map(|(at, (first, second))| (first, second, at)));
    keys.sort_unstable();
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    keys.into_iter().filter_map(|(_, _, at)| items.get_mut(at)?.take()).collect()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn the_second_part_of_the_key_counts_only_among_equals() {
        let items = vec![(2, 1, 'a'), (1, 9, 'b'), (1, 2, 'c'), (1, 2, 'd')];
        let sorted: String =
            in_order(items, |item| (item.0, item.1)).into_iter().map(|item| item.2).collect();
        assert_eq!(sorted, "cdba");
    }
}
