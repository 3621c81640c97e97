package sqlite

import (
	sqldriver "database/sql/driver"
	"errors"
)

// aggregate is a function over rows: those of a group, or of a window that moves.
type aggregate interface {
	add(v sqldriver.Value) error
	remove(v sqldriver.Value) error
	total() sqldriver.Value
}

type aggregateFunction struct {
	name string // it takes one argument
	make func() aggregate
}

// aggregateFunctions are the aggregates that the dialect needs and SQLite lacks.
func aggregateFunctions() []aggregateFunction {
	return []aggregateFunction{
		{"larder_decimal_sum", func() aggregate { return &decimalSum{} }},
		{"larder_single", func() aggregate { return &single{} }},
	}
}

// single is the value of the one row there is; NULL without a row.
type single struct {
	v   sqldriver.Value
	has bool
}

// severalRows begins the text of the error about more.
const severalRows = "a subquery that stands for one value returns several rows"

func (s *single) add(v sqldriver.Value) error {
	if s.has {
		return errors.New(severalRows)
	}
	s.v, s.has = v, true
	return nil
}

// remove is for windows, in which nothing asks for a single row.
func (s *single) remove(sqldriver.Value) error {
	s.v, s.has = nil, false
	return nil
}

func (s *single) total() sqldriver.Value { return s.v }
