// Package shapes measures shapes.
package shapes

import (
	"fmt"
	str "strings"
)

import "os"

/* Limit is the
   greatest size. */
const Limit = 10

var origin, unit = Point{}, 1

type Point struct {
	X, Y float64
}

type Shape interface {
	Area() float64
}

func (p *Point) Norm(scale float64) float64 {
	if p.X > Limit {
		return scale
	}
	return p.X * scale
}

func Describe(shapes []Shape) string {
	out := ""
	for _, s := range shapes {
		out += fmt.Sprintf("%v\n", s.Area()) // one line each
	}
	go func() {
		fmt.Fprintln(os.Stderr, `raw
text`, 'x')
	}()
	return str.TrimSpace(out)
}
