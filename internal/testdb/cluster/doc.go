// Package cluster starts several servers that are one database, for tests of
// what happens when one of them goes away: a PostgreSQL primary with a
// streaming replica, alone or under Patroni, MariaDB nodes with Galera, MySQL
// members of Group Replication, and a shard of Vitess. [StartVitess] is a gate in
// one process besides, which is not failed over.
//
//	c, err := cluster.Start(ctx, cluster.Galera, say)
//	defer c.Close()
//	url := c.URL("webui")   // with all hosts
//	err = c.Kill(ctx, 0)    // and another takes over
//	err = c.Rejoin(ctx, 0)
//
// The servers are those of package server, found and fetched and ended as the
// others are. It is for tests only, and knows nothing of Larder.
package cluster
