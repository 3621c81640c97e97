package server

// MemoryUsed is what requests in flight are charged with.
func (s *Server) MemoryUsed() int64 { return s.flows.memory.Used() }

// ClientAddr is the address that a request is taken to come from.
var ClientAddr = (*Server).clientAddr
