// Package retention decides which backups of a series stay: so many of the last
// hours, days, weeks, months and years. It is for "larder backup --keep":
//
//	plan, err := retention.Parse("7d,4w,12m")
//	stays := plan.Stays(times)
//
// What it will not do: look at files, or remove any.
package retention
