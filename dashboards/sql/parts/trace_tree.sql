{{trace_spans}},
listed AS
(
    SELECT
        groupArray(span_id) AS span_ids,
        groupArray(parent_span_id) AS parent_ids,
        groupArray(team) AS teams
    FROM (SELECT * FROM traced ORDER BY start_ns, span_id)
),
climbed AS
(
    -- Spans are numbered by their start; 0 is none. Each step doubles how far up it looks, until it is above all there are:
    -- at 0, unless the parents lead in a circle.
    SELECT
        *,
        arrayMap(place -> toUInt32(place), arrayEnumerate(span_ids)) AS places,
        arraySort((place, span_id) -> span_id, places, span_ids) AS places_by_id,
        arraySort(span_ids) AS sorted_ids,
        arrayMap(parent -> places_by_id[indexOfAssumeSorted(sorted_ids, parent)], parent_ids) AS parents,
        range(toUInt8(ceil(log2(length(span_ids) + 1)) + 1)) AS steps,
        arrayFold(
            (reached, step) -> (
                arrayMap(above -> reached.1[above], reached.1),
                arrayMap((above, first) -> if(above = 0, first, least(first, reached.2[above])), reached.1, reached.2)
            ),
            steps,
            (parents, parents)
        ) AS reached
    FROM listed
),
cut AS
(
    -- A circle is cut above its earliest span.
    SELECT
        *,
        arrayMap(
            (place, parent, above, first) -> if(above != 0 AND first >= place, toUInt32(0), parent),
            places, parents, reached.1, reached.2
        ) AS held
    FROM climbed
),
tree AS
(
    -- The path of a span is the numbers of the spans from its root down to itself: by it they stand depth first.
    SELECT
        span_id,
        path,
        path[-1] AS place,
        length(path) AS depth,
        arrayLast(team -> team != '', arrayMap(above -> teams[above], arrayPopBack(path))) AS team_above,
        if(parents[place] = 0, parent_ids[place], '') AS missing_parent
    FROM cut
    ARRAY JOIN
        span_ids AS span_id,
        arrayFold(
            (found, step) -> (
                arrayMap(above -> found.1[above], found.1),
                arrayMap((above, path) -> arrayConcat(found.2[above], path), found.1, found.2)
            ),
            steps,
            (held, arrayMap(place -> [place], places))
        ).2 AS path
)
