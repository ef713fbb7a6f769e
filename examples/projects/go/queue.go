package queue

import "errors"

// ErrEmpty is returned when there is nothing to take.
var ErrEmpty = errors.New("queue is empty")

// Queue is a first-in first-out queue of strings.
type Queue struct {
	items []string
}

// Push adds an item at the end.
func (q *Queue) Push(item string) {
	q.items = append(q.items, item)
}

// Pop takes the first item.
func (q *Queue) Pop() (string, error) {
	if len(q.items) == 0 {
		return "", ErrEmpty
	}
	first := q.items[0]
	q.items = q.items[1:]
	return first, nil
}

// Len says how many items there are.
func (q *Queue) Len() int {
	return len(q.items)
}
