package server

import "slices"

// routes are all that is served: those of each resource stand beside its handlers.
func (s *Server) routes() []route {
	return slices.Concat(s.statusRoutes(), s.authRoutes(), s.settingRoutes(), s.chatRoutes(), s.chatListRoutes(),
		s.chatStatsRoutes(), s.chatWorkRoutes(), s.shareRoutes(), s.folderRoutes(), s.noteRoutes(), s.workspaceRoutes(),
		s.groupRoutes(), s.userRoutes(), s.authConfigRoutes(), s.elsewhereRoutes(), s.configRoutes(),
		s.fileRoutes(), s.knowledgeRoutes(), s.connectionRoutes(), s.pageRoutes())
}
