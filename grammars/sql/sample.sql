-- The shapes.
CREATE TABLE shapes (
  id INTEGER PRIMARY KEY,
  name VARCHAR(80) NOT NULL DEFAULT 'shape'
);

/* Those that are big. */
CREATE VIEW big_shapes AS
SELECT id, name
FROM shapes
WHERE id > 10;

CREATE INDEX shapes_name ON shapes (name);

INSERT INTO shapes (id, name) VALUES (1, 'dot');

SELECT s.name, count(*) AS total
FROM shapes AS s
JOIN sizes ON sizes.id = s.id
GROUP BY s.name;

CREATE FUNCTION one() RETURNS INTEGER AS $$
  SELECT 1;
$$ LANGUAGE sql;
