"""What was known of a source as of a time: the one definition, for features, labels, training and scoring alike.

As of (as_of, known_by) a source consists, for each entity and `event_at` ≤ as_of, of the row with the largest
`known_at` ≤ known_by. So neither a later event nor a later correction of an earlier one is seen.

Invariant: this file is SQL only, so that the child process that builds features starts light.
"""


def known(relation: str, as_of: str, known_by: str) -> str:
    """SQL of the rows that had happened and were known, among them such as were corrected."""
    return f"select * from {relation} where event_at <= {as_of} and known_at <= {known_by}"  # noqa: S608 - our own names


def visible(relation: str, as_of: str, known_by: str) -> str:
    """SQL of the rows of a relation that are visible; the two times are SQL expressions, such as `$as_of`.

    Finding the rows by their keys, before their other columns are read, is five times as fast as a window function.
    """
    return (
        "with keys as (select entity, event_at, max(known_at) as known_at "  # noqa: S608 - our own names
        f"from {relation} where event_at <= {as_of} and known_at <= {known_by} group by all) "
        f"select * from {relation} semi join keys using (entity, event_at, known_at)"
    )


def latest(relation: str, as_of: str, known_by: str) -> str:
    """SQL of the newest visible row of each entity."""
    seen = f"where event_at <= {as_of} and known_at <= {known_by}"
    return (
        f"with newest as (select entity, max(event_at) as event_at from {relation} {seen} group by all), "  # noqa: S608
        "keys as (select entity, event_at, max(known_at) as known_at "
        f"from {relation} semi join newest using (entity, event_at) {seen} group by all) "
        f"select * from {relation} semi join keys using (entity, event_at, known_at)"
    )
