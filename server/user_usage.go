package server

import (
	"context"
	"net/http"

	"github.com/larder-db/larder/store"
)

type usageForm struct {
	Days  *int   `query:"days" about:"from 7 to 732; 730 without it"`
	Start *int64 `query:"start_date" about:"in seconds, in place of days"`
	End   *int64 `query:"end_date" about:"in seconds; now without it"`
}

func (s *Server) usage(ctx context.Context, r *request, f usageForm) (*store.Usage, error) {
	const least, most, standard, day = 7, 732, 730, 86400
	days := standard
	if f.Days != nil {
		switch days = *f.Days; {
		case days < least:
			return nil, invalid(problem{"greater_than_equal", []any{"query", "days"},
				"Input should be greater than or equal to 7", days, object{"ge": least}})
		case days > most:
			return nil, invalid(problem{"less_than_equal", []any{"query", "days"}, "Input should be less than or equal to 732",
				days, object{"le": most}})
		}
	}
	end := orZero(f.End)
	if end == 0 {
		end = s.now().Unix()
	}
	start := end - int64(days-1)*day
	if f.Start != nil {
		start = *f.Start
	}
	if start > end {
		return nil, fail(http.StatusBadRequest, "start_date must be before end_date")
	}
	return s.store.Users.Usage(ctx, r.who(), start, end)
}
