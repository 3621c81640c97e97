package mysql

import (
	"strings"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// numbers are the server's error numbers, MySQL's and MariaDB's. What is about
// an object of the schema that others depend on is a foreign key's failure,
// also where it is a check or a generated column that does.
var numbers = map[uint16]driver.Fault{
	1062: {Code: dberr.AlreadyExists},
	1586: {Code: dberr.AlreadyExists},
	1022: {Code: dberr.AlreadyExists, Detail: "two rows, or two constraints, would have the same key or name; make them different"},
	1007: {Code: dberr.AlreadyExists, Detail: "a database of this name exists already; choose another name"},
	1050: {Code: dberr.AlreadyExists, Detail: "a table of this name exists already; choose another name, or drop the one that is there"},
	1060: {Code: dberr.AlreadyExists, Detail: "a column of this name exists already; choose another name, or leave out the change if it has been made"},
	1061: {Code: dberr.AlreadyExists, Detail: "an index of this name exists already; choose another name, or drop the one that is there"},
	1826: {Code: dberr.AlreadyExists, Detail: "a constraint of this name exists already; choose another name, or drop the one that is there"},
	3822: {Code: dberr.AlreadyExists, Detail: "a check constraint of this name exists already; choose another name, or drop the one that is there"},
	1304: {Code: dberr.AlreadyExists, Detail: "a function or procedure of this name exists already; choose another name, or drop the one that is there"},
	1359: {Code: dberr.AlreadyExists, Detail: "a trigger of this name exists already; choose another name, or drop the one that is there"},
	1813: {Code: dberr.AlreadyExists, Detail: "the file of a table of this name is on the server's disk already; remove what an earlier failure has left"},

	1216: {Code: dberr.ForeignKey},
	1217: {Code: dberr.ForeignKey, Detail: "rows or a foreign key of another table refer to this one; delete those rows, or drop that foreign key, first"},
	1451: {Code: dberr.ForeignKey, Detail: "rows or a foreign key of another table refer to this one; delete those rows, or drop that foreign key, first"},
	1452: {Code: dberr.ForeignKey},
	1553: {Code: dberr.ForeignKey, Detail: "a foreign key needs the index; drop the foreign key first, or make another index on its columns"},
	1701: {Code: dberr.ForeignKey, Detail: "a foreign key refers to the table; delete its rows instead, or drop the foreign key first"},
	1828: {Code: dberr.ForeignKey, Detail: "a foreign key needs the column; drop the foreign key first"},
	1829: {Code: dberr.ForeignKey, Detail: "a foreign key of another table refers to the column; drop the foreign key first"},
	1830: {Code: dberr.ForeignKey, Detail: "a foreign key sets the column to NULL; change what it does on delete and update first"},
	1832: {Code: dberr.ForeignKey, Detail: "a foreign key needs the column; drop the foreign key, change the columns on both sides, and make it again"},
	1833: {Code: dberr.ForeignKey, Detail: "a foreign key of another table refers to the column; drop the foreign key, change the columns on both sides, and make it again"},
	1834: {Code: dberr.ForeignKey, Detail: "a foreign key refers to the table; drop the foreign key first"},
	3108: {Code: dberr.ForeignKey, Detail: "a generated column is computed from this one; drop or change it first"},
	3730: {Code: dberr.ForeignKey, Detail: "a foreign key refers to the table; drop the foreign key first, or the table that has it"},
	3755: {Code: dberr.ForeignKey, Detail: "an index is computed from the column; drop the index first"},
	3766: {Code: dberr.ForeignKey, Detail: "the default of another column is computed from this one; change that first"},
	3837: {Code: dberr.ForeignKey, Detail: "an index is computed from the column; drop the index first"},
	3855: {Code: dberr.ForeignKey, Detail: "the table is partitioned by the column; change the partitions first"},
	3959: {Code: dberr.ForeignKey, Detail: "a check constraint uses the column; drop the check first, and make it again afterwards"},
	1761: {Code: dberr.ForeignKey},
	1762: {Code: dberr.ForeignKey},

	1048: {Code: dberr.NotNull},
	1263: {Code: dberr.NotNull},
	1364: {Code: dberr.NotNull},
	1138: {Code: dberr.NotNull, Detail: "rows have no value in a column that is to require one; give them one first"},

	3819: {Code: dberr.Check},
	4025: {Code: dberr.Check},
	1369: {Code: dberr.Check},
	1644: {Code: dberr.Check, Detail: "a trigger or procedure refused the change"},

	1205: {Code: dberr.Busy, TxLost: true, Detail: "another transaction held a lock for longer than the server waits; try again, end that transaction, or raise innodb_lock_wait_timeout, for changes of tables lock_wait_timeout"},
	3572: {Code: dberr.Busy, Detail: "another transaction holds the lock; try again, or end that transaction"},
	1099: {Code: dberr.Busy, Detail: "this session holds the table with LOCK TABLES, for reading; send UNLOCK TABLES first"},
	1100: {Code: dberr.Busy, Detail: "this session holds other tables with LOCK TABLES; send UNLOCK TABLES first"},
	1192: {Code: dberr.Busy, Detail: "this session holds tables with LOCK TABLES, or is in a transaction; end that first"},
	1223: {Code: dberr.Busy, Detail: "the server is locked for a backup; try again when that has ended"},
	1213: {Code: dberr.Conflict, TxLost: true, Detail: "a deadlock with another transaction; run the transaction again"},
	1020: {Code: dberr.Conflict, TxLost: true},
	1614: {Code: dberr.Conflict, TxLost: true},
	3058: {Code: dberr.Conflict, Detail: "a deadlock of named locks"},
	3101: {Code: dberr.Conflict, TxLost: true, Detail: "the group of servers refused the transaction because of another one; run it again"},
	1615: {Code: dberr.Conflict, Unsent: true, Detail: "the table changed since the statement was prepared; run it again"},
	1412: {Code: dberr.Conflict, TxLost: true, Detail: "the table's definition changed while the transaction ran; run it again"},

	1290: {Code: dberr.ReadOnly, Detail: "the server is in a mode that does not allow this: usually read_only, on a replica"},
	1792: {Code: dberr.ReadOnly},
	1836: {Code: dberr.ReadOnly},
	1036: {Code: dberr.ReadOnly, Detail: "the table is read-only; check the permissions of the server's files"},
	1874: {Code: dberr.ReadOnly, Detail: "the server runs with innodb_read_only; start it without"},
	1881: {Code: dberr.ReadOnly, Detail: "the server runs with innodb_force_recovery; start it without"},

	1053: {Code: dberr.Unavailable, Broken: true, Detail: "the server is shutting down"},
	1047: {Code: dberr.Unavailable, Broken: true, Unsent: true, Detail: "the server is not ready for statements: a cluster node that is not in sync"},
	3032: {Code: dberr.Unavailable, Broken: true, Unsent: true, Detail: "the server is offline for its users: it has left its group, or an administrator says so"},
	3098: {Code: dberr.Unavailable, Unsent: true, Detail: "the group of servers does not take this: its primary is being changed, or the table has no primary key, or several members take writes and a foreign key cascades"},
	3100: {Code: dberr.Unavailable, Broken: true, TxLost: true, Detail: "the group of servers has no majority, or this one has left it"},
	1180: {Code: dberr.Unavailable, Broken: true, Detail: "the server failed while it committed: a node that leaves its cluster does, or one whose disk is full"},
	1181: {Code: dberr.Unavailable, Broken: true, Detail: "the server failed while it rolled back: a node that leaves its cluster does, or one whose disk is full"},
	1080: {Code: dberr.Unavailable, Broken: true},
	1152: {Code: dberr.Unavailable, Broken: true},
	1158: {Code: dberr.Unavailable, Broken: true},
	1159: {Code: dberr.Unavailable, Broken: true},
	1160: {Code: dberr.Unavailable, Broken: true},
	1161: {Code: dberr.Unavailable, Broken: true},
	1184: {Code: dberr.Unavailable, Broken: true},
	1927: {Code: dberr.Unavailable, Broken: true, Detail: "the connection was killed"},
	2002: {Code: dberr.Unavailable, Broken: true}, // of a gate of Vitess about the server behind it, as 2003
	2003: {Code: dberr.Unavailable, Broken: true},
	2006: {Code: dberr.Unavailable, Broken: true},
	2013: {Code: dberr.Unavailable, Broken: true},
	4031: {Code: dberr.Unavailable, Broken: true, Unsent: true, Detail: "the server ended the idle connection"},
	3169: {Code: dberr.Unavailable, Broken: true, Detail: "the session was killed"},
	1243: {Code: dberr.Unavailable, Unsent: true, Detail: "the server does not know a prepared statement any more"},

	1317: {Code: dberr.Timeout, TxLost: true, Detail: "the statement was stopped on the server"},
	1969: {Code: dberr.Timeout, TxLost: true, Detail: "the statement took longer than the server's max_statement_time; raise it, or do less at a time"},
	3024: {Code: dberr.Timeout, TxLost: true, Detail: "the statement took longer than the server's max_execution_time; raise it, or do less at a time"},

	1040: {Code: dberr.Busy, Unsent: true, Broken: true, Detail: "the server has no connection left; raise its max_connections or make the pools smaller"},
	1203: {Code: dberr.Busy, Unsent: true, Broken: true, Detail: "the user has too many connections; raise max_user_connections or make the pools smaller"},
	1226: {Code: dberr.Busy, Unsent: true, Detail: "the user has reached a limit of its account"},
	1461: {Code: dberr.Busy, Unsent: true, Detail: "the server has too many prepared statements; raise max_prepared_stmt_count"},

	1153: {Code: dberr.TooLarge, Broken: true, Detail: "the statement with its values is over the server's max_allowed_packet"},
	1406: {Code: dberr.TooLarge},
	1264: {Code: dberr.TooLarge, Detail: "a number is out of the range of its column; widen the column"},
	1690: {Code: dberr.TooLarge, Detail: "a number is out of the range of its column; widen the column"},
	1118: {Code: dberr.TooLarge, Detail: "the columns together are larger than a row of the table can be; make long ones TEXT, or split the table"},
	1071: {Code: dberr.TooLarge, Detail: "the key is longer than an index can hold; make its columns shorter, or index a prefix or a hash of them"},
	1709: {Code: dberr.TooLarge, Detail: "the key is longer than an index can hold; make its columns shorter, or index a prefix or a hash of them"},
	1170: {Code: dberr.TooLarge, Detail: "a column without a limit is in a key; give it a length, or index a prefix of it"},
	1059: {Code: dberr.TooLarge, Detail: "a name is longer than 64 characters; shorten it"},
	1069: {Code: dberr.TooLarge, Detail: "the table has more indexes than it can have, 64; drop one first"},
	1070: {Code: dberr.TooLarge, Detail: "the key has more columns than a key can have; leave some out"},
	1074: {Code: dberr.TooLarge, Detail: "the column is longer than a VARCHAR can be; make it a text without a length"},
	1117: {Code: dberr.TooLarge, Detail: "the table has more columns than a table can have; split it"},
	1197: {Code: dberr.TooLarge, TxLost: true, Detail: "the transaction is over the server's max_binlog_cache_size; raise that, or do less in one transaction"},
	1206: {Code: dberr.TooLarge, TxLost: true, Detail: "the transaction locks more rows than the server has room for; raise innodb_buffer_pool_size, or do less in one transaction"},
	1425: {Code: dberr.TooLarge, Detail: "the column has more decimals than the server allows; reduce its scale"},
	1426: {Code: dberr.TooLarge, Detail: "the column has more digits than the server allows; reduce its precision"},
	1439: {Code: dberr.TooLarge, Detail: "the column is wider than the server allows; reduce its width"},
	1688: {Code: dberr.TooLarge, Detail: "the comment of an index is longer than 1,024 characters; shorten it"},
	1628: {Code: dberr.TooLarge, Detail: "the comment of a table is longer than 2,048 characters; shorten it"},
	1629: {Code: dberr.TooLarge, Detail: "the comment of a column is longer than 1,024 characters; shorten it"},
	1799: {Code: dberr.TooLarge, Detail: "too many rows were written while the index was made; raise innodb_online_alter_log_max_size, or try again at a quieter time"},
	3504: {Code: dberr.TooLarge, Detail: "the enum has more values than a column can have; make it a table"},
	3505: {Code: dberr.TooLarge, Detail: "a value of the enum is longer than a column can hold; shorten it"},
	3886: {Code: dberr.TooLarge, Detail: "with this column an index would be longer than it can be; make the column shorter, or index a prefix of it"},

	1265: {Code: dberr.Invalid, Detail: "a value does not have the format its column requires, is too long for it, or is NULL where that is not allowed; correct the rows first"},
	1292: {Code: dberr.Invalid, Detail: "a value does not have the format its column requires; correct it"},
	1366: {Code: dberr.Invalid, Detail: "a value does not have the format its column requires; correct it"},
	1411: {Code: dberr.Invalid, Detail: "a value does not have the format a function requires; correct it"},
	3140: {Code: dberr.Invalid, Detail: "a value is not JSON"},
	3141: {Code: dberr.Invalid, Detail: "a value is not JSON"},
	4037: {Code: dberr.Invalid, Detail: "a value is not JSON"},
	4038: {Code: dberr.Invalid, Detail: "a value is not JSON"},
	1064: {Code: dberr.Invalid, Detail: "the server does not accept the statement; correct its syntax"},
	1149: {Code: dberr.Invalid, Detail: "the server does not accept the statement; correct its syntax"},
	1210: {Code: dberr.Invalid, Detail: "a function or clause does not take its argument; give it another value, or a constant where no bound value can stand"},
	4024: {Code: dberr.Invalid, Detail: "the argument of NTILE is not a number over 0; correct it"},
	1111: {Code: dberr.Invalid, Detail: "an aggregate function stands where none can, in WHERE or inside of another; use HAVING or a subquery"},
	1222: {Code: dberr.Invalid, Detail: "the queries of a UNION, EXCEPT or INTERSECT have different numbers of columns; select the same number in each"},
	1241: {Code: dberr.Invalid, Detail: "a subquery has another number of columns than its place takes; select as many as are compared"},
	1242: {Code: dberr.Invalid, Detail: "a subquery that stands for one value returns several rows; limit it to one, or compare with IN"},
	1052: {Code: dberr.Invalid, Detail: "several tables of the statement have a column of this name; write the table before it"},
	1136: {Code: dberr.Invalid, Detail: "the statement has another number of values than columns"},
	1067: {Code: dberr.Invalid, Detail: "the default does not go with the type of its column; correct one of them"},
	1068: {Code: dberr.Invalid, Detail: "the table has a primary key already; drop that first, or leave this one out"},
	1075: {Code: dberr.Invalid, Detail: "a table has one AUTO_INCREMENT column at most, and that has to be a key; correct the definition"},
	1073: {Code: dberr.Invalid, Detail: "the column is of a type that cannot be in a key; index a prefix or an expression of it"},
	1089: {Code: dberr.Invalid, Detail: "only texts and bytes have a prefix to index, not longer than themselves; correct the length"},
	1090: {Code: dberr.Invalid, Detail: "a table keeps one column at least; drop the table instead"},
	1093: {Code: dberr.Invalid, Detail: "the statement reads the table that it changes; read it through a derived table"},
	1102: {Code: dberr.Invalid, Detail: "the name of a database is not allowed, or too long; choose another name"},
	1103: {Code: dberr.Invalid, Detail: "the name of a table is not allowed, or longer than 64 characters; choose another name"},
	1110: {Code: dberr.Invalid, Detail: "a column is named twice; leave one out"},
	1113: {Code: dberr.Invalid, Detail: "a table has one column at least; add one"},
	1166: {Code: dberr.Invalid, Detail: "the name of a column is not allowed; choose another name"},
	1167: {Code: dberr.Invalid, Detail: "a column of this type cannot be indexed; index an expression of it"},
	1171: {Code: dberr.Invalid, Detail: "a column of the primary key may be NULL; make it NOT NULL, or the key a unique one"},
	1215: {Code: dberr.SchemaMismatch, Detail: "the foreign key cannot be made: its target does not exist, is of another type, or is not unique; look at both sides of it"},
	1231: {Code: dberr.Invalid, Detail: "a setting cannot have this value; correct it"},
	1239: {Code: dberr.Invalid, Detail: "the foreign key has another number of columns than its target; correct it"},
	1253: {Code: dberr.Invalid, Detail: "the collation is one of another character set; name both of one kind"},
	1280: {Code: dberr.Invalid, Detail: "the name of an index is not allowed; choose another name"},
	1294: {Code: dberr.Invalid, Detail: "the column has a type that cannot have ON UPDATE; leave it out"},
	1348: {Code: dberr.Invalid, Detail: "the column of a view cannot be written; write to its table"},
	1503: {Code: dberr.Invalid, Detail: "a unique key of a partitioned table has all columns that it is partitioned by; add them"},
	1568: {Code: dberr.Invalid, Detail: "the isolation level cannot be changed inside a transaction; set it before"},
	1821: {Code: dberr.Invalid, Detail: "the columns of the foreign key have no index; make one first"},
	1822: {Code: dberr.Invalid, Detail: "the foreign key refers to columns that are not unique; give them a primary key or a unique index first"},
	6125: {Code: dberr.Invalid, Detail: "the foreign key refers to columns that are not unique; give them a primary key or a unique index first"},
	1825: {Code: dberr.Invalid, Detail: "the foreign key asks for what its columns do not allow, SET NULL on NOT NULL columns for example; correct it"},
	1901: {Code: dberr.Invalid, Detail: "an expression uses what is not allowed in its place, such as the time or chance; take another expression"},
	1906: {Code: dberr.Invalid, Detail: "a generated column takes no value; leave it out"},
	1911: {Code: dberr.Invalid, Detail: "there is no such option; leave it out"},
	1912: {Code: dberr.Invalid, Detail: "an option cannot have this value; correct it"},
	3102: {Code: dberr.Invalid, Detail: "a generated column uses what may change on its own; take another expression"},
	3105: {Code: dberr.Invalid, Detail: "a generated column takes no value; leave it out"},
	3107: {Code: dberr.Invalid, Detail: "a generated column is computed from one that is defined after it; put it behind that"},
	3109: {Code: dberr.Invalid, Detail: "a generated column cannot be computed from an AUTO_INCREMENT one; take another expression"},
	3750: {Code: dberr.Invalid, Detail: "the server asks for a primary key in every table; declare one"},
	3756: {Code: dberr.Invalid, Detail: "a primary key has no expressions; make it a unique index"},
	3754: {Code: dberr.Invalid, Detail: "an index cannot be computed from an AUTO_INCREMENT column; take another expression"},
	3753: {Code: dberr.Invalid, Detail: "an expression that is indexed cannot be JSON; cast it"},
	3757: {Code: dberr.Invalid, Detail: "an expression that is indexed cannot be a text without a limit; cast it to CHAR with a length"},
	3758: {Code: dberr.Invalid, Detail: "an expression that is indexed uses what may change on its own; take another expression"},
	3762: {Code: dberr.Invalid, Detail: "a single column is indexed without parentheses; leave them out"},
	3763: {Code: dberr.Invalid, Detail: "a generated column uses what may change on its own; take another expression"},
	3770: {Code: dberr.Invalid, Detail: "a default uses a function that is not allowed there; take another expression"},
	3780: {Code: dberr.Invalid, Detail: "the columns of the foreign key and those it refers to have different types or collations; make them equal"},
	3812: {Code: dberr.Invalid, Detail: "the check is not a condition; compare with something"},
	3813: {Code: dberr.Invalid, Detail: "the check of a column uses another one; make it a check of the table"},
	3814: {Code: dberr.Invalid, Detail: "the check uses a function that is not allowed there; take another expression"},
	3815: {Code: dberr.Invalid, Detail: "the check uses a function that is not allowed there; take another expression"},
	3818: {Code: dberr.Invalid, Detail: "a check cannot use an AUTO_INCREMENT column; take another column"},
	3823: {Code: dberr.Invalid, Detail: "the check uses a column that a foreign key changes by itself; take another column, or change the foreign key"},
	3939: {Code: dberr.Invalid, Detail: "several constraints have this name; say of which kind the one is that you mean"},
	4161: {Code: dberr.Invalid, Detail: "there is no such type; correct its name"},
	1142: {Code: dberr.Invalid, Denied: true, Detail: "the database user lacks the privilege for this; grant it"},
	1143: {Code: dberr.Invalid, Denied: true, Detail: "the database user lacks the privilege for this; grant it"},
	1227: {Code: dberr.Invalid, Denied: true, Detail: "the database user lacks the privilege for this; grant it"},
	1370: {Code: dberr.Invalid, Denied: true, Detail: "the database user lacks the privilege for this; grant it"},

	1146: {Code: dberr.SchemaMismatch, Detail: "the database has no such table; run the migrations, or create it first"},
	1054: {Code: dberr.SchemaMismatch, Detail: "the database has no such column; run the migrations, or add it first"},
	1051: {Code: dberr.SchemaMismatch, Detail: "there is no such table to drop; correct the name, or leave out the change if it has been made"},
	1091: {Code: dberr.SchemaMismatch, Detail: "there is no such column, index or constraint to drop; correct the name, or leave out the change if it has been made"},
	1109: {Code: dberr.SchemaMismatch, Detail: "there is no such table; run the migrations, or create it first"},
	1176: {Code: dberr.SchemaMismatch, Detail: "the table has no such index; correct the name, or make the index first"},
	1072: {Code: dberr.SchemaMismatch, Detail: "a key names a column that the table does not have; correct the name, or add the column first"},
	1347: {Code: dberr.SchemaMismatch, Detail: "the object is of another kind than the statement is for, a view instead of a table; look what stands under this name"},
	1356: {Code: dberr.SchemaMismatch, Detail: "a view uses tables or columns that do not exist any more, or may not be read; make the view again"},
	1360: {Code: dberr.SchemaMismatch, Detail: "there is no such trigger; correct the name, or leave out the change if it has been made"},
	1824: {Code: dberr.SchemaMismatch, Detail: "the foreign key refers to a table that does not exist; create that table first, or correct the name"},
	3734: {Code: dberr.SchemaMismatch, Detail: "the foreign key refers to a column that does not exist; add that column first, or correct the name"},
	3820: {Code: dberr.SchemaMismatch, Detail: "the check uses a column that does not exist; correct the name, or add the column first"},
	3821: {Code: dberr.SchemaMismatch, Detail: "the table has no such check constraint; correct the name, or leave out the change if it has been made"},
	3940: {Code: dberr.SchemaMismatch, Detail: "the table has no such constraint; correct the name, or leave out the change if it has been made"},

	1049: {Code: dberr.NotFound, Detail: "the database does not exist; create it, or correct the URL"},
	1044: {Code: dberr.Invalid, Denied: true, Detail: "the user may not use this database"},
	1045: {Code: dberr.Invalid, Detail: "the server does not let this user in; check user and password"},
	1129: {Code: dberr.Invalid, Detail: "the server blocks this host after many failed connections; run mysqladmin flush-hosts"},
	1130: {Code: dberr.Invalid, Detail: "the server does not let this host in"},
	1698: {Code: dberr.Invalid, Detail: "the server does not let this user in with a password"},
	1820: {Code: dberr.Invalid, Detail: "the user's password has expired"},
	1862: {Code: dberr.Invalid, Detail: "the user's password has expired"},

	1008: {Code: dberr.NotFound, Detail: "there is no such database to drop; correct the name"},

	1101: {Code: dberr.Unsupported, Detail: "a column of this type has no plain default; give it an expression in parentheses, or a length"},
	1115: {Code: dberr.Unsupported, Detail: "the server has no such character set; take one that it has"},
	1193: {Code: dberr.Unsupported, Detail: "the server has no such setting; leave it out, or use a newer server"},
	1235: {Code: dberr.Unsupported, Detail: "this version of the server cannot do this; use a newer one, or another way"},
	1273: {Code: dberr.Unsupported, Detail: "the server has no such collation; take one that it has"},
	1286: {Code: dberr.Unsupported, Detail: "the server has no such storage engine; take InnoDB"},
	1295: {Code: dberr.Unsupported, Detail: "the server does not prepare this statement; send it without arguments"},
	1845: {Code: dberr.Unsupported, Detail: "the table cannot be changed in this way; leave ALGORITHM and LOCK to the server"},
	1846: {Code: dberr.Unsupported, Detail: "the table cannot be changed in this way; leave ALGORITHM and LOCK to the server"},
	3106: {Code: dberr.Unsupported, Detail: "a generated column cannot have this; leave it out"},
	3152: {Code: dberr.Unsupported, Detail: "a JSON column cannot be indexed as a whole; index an expression of it"},
	3733: {Code: dberr.Unsupported, Detail: "a foreign key cannot be on a virtual column; make it a stored one"},
	3774: {Code: dberr.Unsupported, Detail: "a default expression cannot be here; take a constant"},
	3776: {Code: dberr.Unsupported, Detail: "the storage engine of a table with foreign keys cannot be changed; drop them first"},

	1305: {Code: dberr.SchemaMismatch, Detail: "there is no such function or procedure; correct its name, or create it first"},
	1021: diskFull,
	1114: {Code: dberr.Full, Detail: "the table is full: the server's disk, or a limit of the server; free space, or raise max_heap_table_size or the size of the tablespace"},
	1030: {Code: dberr.Internal, Detail: "the storage engine reported an error; look into the server's log"},
	1034: {Code: dberr.Internal, Detail: "the index of a table is damaged, or the disk for temporary files is full; look into the server's log"},
	1037: {Code: dberr.Internal, Detail: "the server ran out of memory; give it more, or do less at a time"},
	1038: {Code: dberr.Internal, Detail: "the server ran out of memory for sorting; raise its sort_buffer_size"},
	1041: {Code: dberr.Internal, Detail: "the server ran out of memory; give it more, or do less at a time"},
	1135: {Code: dberr.Internal, Detail: "the server cannot start another thread; give it more memory, or make the pools smaller"},
	1194: {Code: dberr.Internal, Detail: "a table is damaged; repair it, or restore it from a backup"},
	1195: {Code: dberr.Internal, Detail: "a table is damaged; repair it, or restore it from a backup"},
	1878: {Code: dberr.Internal, Detail: "the server could not write a temporary file; free space on its disk for temporary files"},
	1004: {Code: dberr.Internal, Detail: "the server could not make a file; look into the server's log"},
	1005: {Code: dberr.Internal, Detail: "the server could not make the table; look into the server's log"},
	1025: {Code: dberr.Internal, Detail: "the server could not rename a table; look into the server's log"},
}

var diskFull = driver.Fault{Code: dberr.Full, Detail: "the server's disk is full; free space on it, then try again"}

// inside are the numbers of the storage engine and of the operating system,
// which some messages carry after their own.
var inside = map[int]driver.Fault{
	28:  diskFull,
	121: {Code: dberr.AlreadyExists, Detail: "a constraint or key of this name exists already; choose another name, or drop the one that is there"},
	135: diskFull,
	150: {Code: dberr.SchemaMismatch, Detail: "a foreign key cannot be made: the table or column that it refers to does not exist, is of another type, or is not unique; create or correct that first"},
	152: {Code: dberr.ForeignKey, Detail: "a foreign key refers to the row or table; drop the foreign key first"},
}

// insideOf finds the number of the storage engine in a message of a number that
// carries one.
func insideOf(number uint16, msg string) (driver.Fault, bool) {
	mark := "(errno: "
	switch number {
	case 1004, 1005, 1025:
	case 1030:
		mark = "Got error "
	default:
		return driver.Fault{}, false
	}
	_, rest, _ := strings.Cut(msg, mark)
	n := 0
	for _, r := range rest {
		if r < '0' || r > '9' || n > 1<<16 {
			break
		}
		n = 10*n + int(r-'0')
	}
	f, ok := inside[n]
	return f, ok
}

// objectOf takes the name of the table, column, index or collation from the
// message of a number whose form is fixed: it is what stands first between
// quotation marks.
func objectOf(number uint16, msg string) string {
	switch number {
	case 1050, 1051, 1052, 1054, 1059, 1060, 1061, 1067, 1072, 1073, 1074, 1091, 1101, 1103, 1109, 1110, 1115, 1146, 1166,
		1167, 1170, 1176, 1193, 1273, 1280, 1286, 1347,
		1425, 1426, 1824, 1828, 1829, 1830, 1832, 1833, 3105, 3106, 3108, 3730, 3734, 3755, 3766, 3780, 3837, 4161:
	default:
		return ""
	}
	msg = strings.TrimPrefix(msg, "Can't ")
	i := strings.IndexAny(msg, "'`")
	if i < 0 {
		return ""
	}
	return quoted(msg, i, msg[i:i+1], msg[i:i+1])
}
